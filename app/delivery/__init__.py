"""Signed, expiring, logged access to stored files."""
