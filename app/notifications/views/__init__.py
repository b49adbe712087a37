"""Pages of the inbox and of mail."""
