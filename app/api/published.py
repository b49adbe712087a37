"""The reference of the running portal."""

from functools import lru_cache

from drf_spectacular.generators import SchemaGenerator

from app.api.reference.operations import Reference, read_schema


@lru_cache(maxsize=1)
def published_reference() -> Reference:
    """Return the reference; addresses do not change while the portal runs, so it is made once."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return read_schema(schema)
