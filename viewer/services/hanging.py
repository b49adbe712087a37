"""Making and changing hanging protocols, and hanging the cases of an object by them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.slugs import free_slug
from app.sockets.models import Socket
from app.sockets.schemas import InvalidValue
from viewer.hanging import check_content, check_content_form, check_layout, check_protocol
from viewer.models import HangingProtocol, RememberedLayout, Viewable, ViewerConfiguration
from viewer.policies import PROTOCOLS
from viewer.viewables import kind_of_viewable, viewable_kinds

SAID = ["hanging_protocol", "view_content", "viewer_configuration"]
UNVERIFIED = "Hanging protocols are made by verified people."
NOT_YOURS = "Only whoever made this hanging protocol changes it."
GONE = "A hanging protocol was deleted meanwhile."
IN_USE = "This hanging protocol is in use."


@transaction.atomic
def create_protocol(
    *, actor: User, title: str, json: Any, description: str = ""
) -> HangingProtocol:
    """Make a hanging protocol for everybody. Raises `NotFound` for who is not verified."""
    if not PROTOCOLS.may_create(actor):
        raise NotFound(UNVERIFIED, advice="Ask to be verified on the page of your profile.")
    _require_protocol(json)
    protocol = HangingProtocol.objects.create(
        title=_titled(title),
        slug=free_slug(HangingProtocol, title, fallback="protocol"),
        description=description,
        json=json,
        creator=actor,
    )
    record("viewer.protocol.created", obj=protocol, actor=actor, data={"title": title})
    return protocol


@transaction.atomic
def change_protocol(*, actor: User, protocol: HangingProtocol, **changes: Any) -> HangingProtocol:
    """Change title, description or viewports; the slug stays, because addresses do.

    Viewports may go only if nothing hangs by the protocol with something in them.
    """
    changed = _changed(actor=actor, protocol=protocol, **changes)
    if "json" in changes:
        _require_fitting_contents(changed)
    return changed


def _changed(*, actor: User, protocol: HangingProtocol, **changes: Any) -> HangingProtocol:
    protocol = HangingProtocol.objects.select_for_update().get(pk=protocol.pk)
    before = {name: getattr(protocol, name) for name in changes}
    if "json" in changes:
        _require_protocol(changes["json"])
    if "title" in changes:
        changes["title"] = _titled(changes["title"])
    for name, value in changes.items():
        setattr(protocol, name, value)
    protocol.save()
    changed = {"before": before, "after": dict(changes)}
    record("viewer.protocol.changed", obj=protocol, actor=actor, data=changed)
    return protocol


@transaction.atomic
def delete_protocol(*, actor: User, protocol: HangingProtocol) -> None:
    """Delete a protocol that nothing hangs by."""
    HangingProtocol.objects.select_for_update().filter(pk=protocol.pk).first()
    used = sum(_users_of(kind.model, protocol).count() for kind in viewable_kinds())
    if used:
        raise Conflict(IN_USE, advice="Choose another one where it is used, then delete it.")
    record("viewer.protocol.deleted", obj=protocol, actor=actor, data={"title": protocol.title})
    protocol.delete()


def hold_viewing(target: Viewable) -> None:
    """Read what an object says about viewing afresh; nobody else changes it in this transaction.

    Raises `NotFound` where the object was deleted meanwhile.
    """
    rows = type(target)._default_manager.select_for_update(no_key=True)  # type: ignore[attr-defined]
    try:
        target.refresh_from_db(fields=SAID, from_queryset=rows)
    except type(target).DoesNotExist:  # type: ignore[attr-defined]
        raise NotFound from None


@transaction.atomic
def change_viewing(
    *,
    actor: User,
    target: Viewable,
    hanging_protocol: HangingProtocol | None,
    optional_hanging_protocols: Iterable[HangingProtocol],
    view_content: Mapping[str, Any],
    viewer_configuration: ViewerConfiguration | None,
    viewports: Any = None,
) -> None:
    """Say how the cases of an object hang and how the viewer behaves for them.

    ``viewports`` are new ones for the protocol, if its maker is at work: they and what lies in
    them change together. Raises `NotFound` for whoever did not make it.
    """
    kind = kind_of_viewable(target)
    hold_viewing(target)
    optional_hanging_protocols = list(optional_hanging_protocols)
    hanging_protocol = _held(hanging_protocol, *optional_hanging_protocols)
    if viewports is not None:
        hanging_protocol = _with_viewports(hanging_protocol, viewports, actor=actor)
    require_content(view_content, protocol=hanging_protocol)
    optional = [one for one in optional_hanging_protocols if one != hanging_protocol]
    before = _said(target)
    target.hanging_protocol = hanging_protocol
    target.view_content = dict(view_content)
    target.viewer_configuration = viewer_configuration
    fields = [*SAID, "modified"]
    target.save(update_fields=fields)
    target.optional_hanging_protocols.set(optional)
    changed = {"kind": kind.key, "before": before, "after": _said(target)}
    record("viewer.viewing.changed", obj=target, actor=actor, data=changed)
    if viewports is not None and hanging_protocol is not None:
        _require_fitting_contents(hanging_protocol)


def _held(protocol: HangingProtocol | None, *others: HangingProtocol) -> HangingProtocol | None:
    """Return the protocol as it stands, held with the others: none is deleted or changed meanwhile.

    Raises `NotFound` where one was deleted since it was chosen.
    """
    wanted = {one.pk for one in (protocol, *others) if one is not None}
    rows = HangingProtocol.objects.select_for_update(no_key=True).order_by("pk")
    found = {one.pk: one for one in rows.filter(pk__in=wanted)}
    if wanted - found.keys():
        raise NotFound(GONE, advice="Choose another one.")
    return None if protocol is None else found[protocol.pk]


def _with_viewports(
    protocol: HangingProtocol | None, viewports: Any, *, actor: User
) -> HangingProtocol:
    if protocol is None:
        raise ValidationFailed(fields={"viewports": ["Name the hanging protocol they are of."]})
    if not PROTOCOLS.allows(actor, protocol, "change"):
        raise NotFound(NOT_YOURS, advice="Save it as a new one.")
    return _changed(actor=actor, protocol=protocol, json=viewports)


def require_content(content: Any, *, protocol: HangingProtocol | None) -> None:
    """Raise `ValidationFailed` unless ``content`` fits the protocol and names sockets there are."""
    try:
        check_content_form(content)  # before the database is asked for its slugs
        slugs = {slug for slugs in content.values() for slug in slugs}
        kinds = dict(Socket.objects.filter(slug__in=slugs).values_list("slug", "kind"))
        check_content(content, protocol=protocol.json if protocol else None, kinds=kinds)
    except InvalidValue as error:
        raise ValidationFailed(fields={"view_content": [str(error)]}) from error


def remember_layout(*, user: User, target: Viewable, layout: Any) -> None:
    """Keep how a reader left the screen, for the next case of the same object."""
    try:
        check_layout(layout)
    except InvalidValue as error:
        raise ValidationFailed(fields={"layout": [str(error)]}) from error
    key = {"user": user, "kind": kind_of_viewable(target).key, "object_id": target.pk}
    RememberedLayout.objects.update_or_create(**key, defaults={"layout": layout})


def forget_layout(*, user: User, target: Viewable) -> None:
    """Let the protocol decide again."""
    kind = kind_of_viewable(target).key
    RememberedLayout.objects.filter(user=user, kind=kind, object_id=target.pk).delete()


def _require_protocol(json: Any) -> None:
    try:
        check_protocol(json)
    except InvalidValue as error:
        raise ValidationFailed(fields={"json": [str(error)]}) from error


def _require_fitting_contents(protocol: HangingProtocol) -> None:
    for kind in viewable_kinds():
        for target in kind.model._default_manager.filter(hanging_protocol=protocol):  # type: ignore[attr-defined]
            try:
                require_content(target.view_content, protocol=protocol)
            except ValidationFailed as error:
                raise ValidationFailed(
                    fields={"json": [f"Cases of one {kind.noun} hang by it. {_first(error)}"]},
                    advice="Change what lies in its viewports first.",
                ) from error


def _first(error: ValidationFailed) -> str:
    return next(iter(error.fields.values()))[0]


def _users_of(model: type[Viewable], protocol: HangingProtocol) -> Any:
    rows = model._default_manager  # type: ignore[attr-defined]
    return rows.filter(hanging_protocol=protocol).union(
        rows.filter(optional_hanging_protocols=protocol)
    )


def _titled(title: str) -> str:
    if not title.strip():
        raise ValidationFailed(fields={"title": ["Give a title."]})
    return title.strip()[:200]


def _said(target: Viewable) -> dict[str, Any]:
    """Return what an object says about viewing, for the log."""
    optional = target.optional_hanging_protocols.order_by("title").values_list("pk", flat=True)
    return {
        "hanging_protocol": str(target.hanging_protocol_id or ""),
        "optional_hanging_protocols": [str(pk) for pk in optional],
        "view_content": target.view_content,
        "viewer_configuration": str(target.viewer_configuration_id or ""),
    }
