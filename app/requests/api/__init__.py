"""The API of access requests."""
