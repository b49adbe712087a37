"""Pages of people, verification, organizations and personal data."""
