"""The whole product in a real browser, started as a newcomer starts it."""
