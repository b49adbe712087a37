"""The API of algorithms, their container images and jobs."""
