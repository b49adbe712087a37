"""The API of view sessions, which clients call workstations."""
