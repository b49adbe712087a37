"""Commands for those who work on the design system."""
