"""The REST API as a whole: addresses, schema and reference."""
