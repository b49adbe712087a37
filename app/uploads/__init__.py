"""Resumable uploads in parts, straight to storage."""
