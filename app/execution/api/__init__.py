"""The small API through which workers get and report runs; nobody else has a use for it."""
