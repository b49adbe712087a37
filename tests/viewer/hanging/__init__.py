"""How images hang."""
