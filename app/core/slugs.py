"""Short names in addresses."""

from typing import Any

from django.db.models import Model
from django.utils.text import slugify


def free_slug(model: type[Model], title: str, *, fallback: str) -> str:
    """Return a slug of ``title`` that no row of ``model`` has, numbered where it is taken."""
    field: Any = model._meta.get_field("slug")
    base = slugify(title)[: field.max_length - 8] or fallback
    slug, number = base, 2
    while model._default_manager.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
