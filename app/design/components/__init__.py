"""The components behind the template tags: plain functions that return safe markup."""
