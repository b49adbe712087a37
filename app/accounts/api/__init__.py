"""The API of the own account."""
