"""The upload API."""
