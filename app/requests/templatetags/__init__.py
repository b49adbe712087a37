"""Template tags of access requests."""
