"""The API of organizations."""
