"""Hounsfield: a portal for collaborative medical imaging."""

__version__ = "0.1.0"
