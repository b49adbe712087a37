"""The API of sockets."""
