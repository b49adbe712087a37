"""Verbs of the site's shell."""
