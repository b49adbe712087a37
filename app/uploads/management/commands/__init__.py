"""Commands of uploads."""
