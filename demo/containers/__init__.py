"""Real algorithm and evaluation containers, built on the spot without an image registry."""
