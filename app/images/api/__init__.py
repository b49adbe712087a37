"""The API of images and imports."""
