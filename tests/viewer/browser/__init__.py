"""The viewer in a real browser, on a real server: everything a reader sees and touches."""
