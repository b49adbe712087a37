"""Short names in addresses."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils.text import slugify


def free_slug(
    model: type[Model], title: str, *, fallback: str, among: QuerySet[Any] | None = None
) -> str:
    """Return a slug of ``title`` that no row of ``model`` (or ``among``) has, else numbered."""
    rows = model._default_manager.all() if among is None else among
    field: Any = model._meta.get_field("slug")
    base = slugify(title)[: field.max_length - 8] or fallback
    slug, number = base, 2
    while rows.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
