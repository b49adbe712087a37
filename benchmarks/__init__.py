"""Measurements of what the portal promises about speed; each is a program of its own."""
