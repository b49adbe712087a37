"""The demonstration: what a newcomer finds in a fresh portal."""
