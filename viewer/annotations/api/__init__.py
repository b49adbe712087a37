"""The API of annotations: see docs/annotations.md."""
