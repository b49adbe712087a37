"""Making and changing viewer configurations, and a person's own settings."""

from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.slugs import free_slug
from app.sockets.schemas import InvalidValue
from viewer.configurations import clean_settings
from viewer.models import ViewerConfiguration, ViewerPreferences
from viewer.policies import CONFIGURATIONS
from viewer.viewables import viewable_kinds

UNVERIFIED = "Viewer configurations are made by verified people."
IN_USE = "This viewer configuration is in use."


@transaction.atomic
def create_configuration(
    *, actor: User, title: str, settings: Any, description: str = ""
) -> ViewerConfiguration:
    """Make a configuration for everybody. Raises `NotFound` for who is not verified."""
    if not CONFIGURATIONS.may_create(actor):
        raise NotFound(UNVERIFIED, advice="Ask to be verified on the page of your profile.")
    configuration = ViewerConfiguration.objects.create(
        title=_titled(title),
        slug=free_slug(ViewerConfiguration, title, fallback="configuration"),
        description=description,
        settings=_checked(settings),
        creator=actor,
    )
    record("viewer.configuration.created", obj=configuration, actor=actor, data={"title": title})
    return configuration


@transaction.atomic
def change_configuration(
    *, actor: User, configuration: ViewerConfiguration, **changes: Any
) -> ViewerConfiguration:
    """Change title, description or settings; the slug stays."""
    configuration = ViewerConfiguration.objects.select_for_update().get(pk=configuration.pk)
    if "settings" in changes:
        changes["settings"] = _checked(changes["settings"])
    if "title" in changes:
        changes["title"] = _titled(changes["title"])
    before = {name: getattr(configuration, name) for name in changes}
    for name, value in changes.items():
        setattr(configuration, name, value)
    configuration.save()
    changed = {"before": before, "after": dict(changes)}
    record("viewer.configuration.changed", obj=configuration, actor=actor, data=changed)
    return configuration


@transaction.atomic
def delete_configuration(*, actor: User, configuration: ViewerConfiguration) -> None:
    """Delete a configuration that nothing uses."""
    for kind in viewable_kinds():
        rows = kind.model._default_manager  # type: ignore[attr-defined]
        if rows.filter(viewer_configuration=configuration).exists():
            raise Conflict(IN_USE, advice="Choose another one where it is used, then delete it.")
    data = {"title": configuration.title}
    record("viewer.configuration.deleted", obj=configuration, actor=actor, data=data)
    configuration.delete()


def save_preferences(*, user: User, settings: Any) -> ViewerPreferences:
    """Keep a person's own settings in place of those that were kept."""
    preferences, _ = ViewerPreferences.objects.update_or_create(
        user=user, defaults={"settings": _checked(settings)}
    )
    return preferences


def _checked(settings: Any) -> dict[str, Any]:
    try:
        return clean_settings(settings)
    except InvalidValue as error:
        raise ValidationFailed(fields={"settings": [str(error)]}) from error


def _titled(title: str) -> str:
    if not title.strip():
        raise ValidationFailed(fields={"title": ["Give a title."]})
    return title.strip()[:200]
