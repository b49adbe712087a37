"""What the viewer's page is told: how the display set hangs, and how the viewer behaves.

It stands in the page itself, so that the first picture is in its place at once.
"""

from typing import Any

from django.urls import reverse

from app.core.errors import NotFound
from app.sockets.models import SocketValue
from viewer.configurations import combined
from viewer.hanging import FILLS, VIEWPORTS, Candidate, Slot, hang
from viewer.models import (
    HangingProtocol,
    RememberedLayout,
    Viewable,
    ViewerPreferences,
    ViewSession,
)
from viewer.registry import DisplaySetView
from viewer.viewables import kind_of_viewable, speaker_of

MOST_BESIDE = len(VIEWPORTS)


def arrangement_for(user: Any, view: DisplaySetView, *, session: ViewSession) -> dict[str, Any]:
    """Return everything as JSON; the protocol to begin with is the first of ``protocols``."""
    target: Viewable | None = view.viewable
    speaker = None if target is None else speaker_of(target)
    settings = settings_for(user, speaker)
    return {
        "sockets": [
            {
                "slug": filled.slug,
                "title": filled.title,
                "kind": filled.kind,
                "image": str(filled.image_id) if filled.image_id else None,
            }
            for filled in view.sockets
        ],
        "protocols": [] if speaker is None else hung_protocols(speaker, view),
        "remembered": _remembered(user, target) if settings["remember_layout"] else None,
        "settings": settings,
        "viewing": None if target is None else _viewing(user, target),
        "layout_url": None if target is None else _layout_url(session),
        "preferences_url": reverse("api:viewer-preferences"),
    }


def values_beside(view: DisplaySetView) -> list[SocketValue]:
    """Return the values that fill a viewport but are no images, for the page to show."""
    if not any(filled.kind in FILLS for filled in view.sockets):
        return []
    found = SocketValue.objects.filter(pk__in=view.values, socket__kind__in=FILLS)
    return list(found.select_related("socket").order_by("pk")[:MOST_BESIDE])


def hung_protocols(target: Viewable, view: DisplaySetView) -> list[dict[str, Any]]:
    """Return the object's protocols with what lies in their viewports for this display set."""
    protocols = {str(protocol.pk): protocol for protocol in protocols_of(target)}
    candidates = [Candidate(key, protocol.json) for key, protocol in protocols.items()]
    slots = [Slot(filled.slug, filled.kind) for filled in view.sockets]
    return [
        {
            "pk": hung.key,
            "title": protocols[hung.key].title,
            "json": protocols[hung.key].json,
            "contents": {name: list(slugs) for name, slugs in hung.contents.items()},
        }
        for hung in hang(slots, candidates=candidates, content=target.view_content)
    ]


def protocols_of(target: Viewable) -> list[HangingProtocol]:
    """Return the default protocol, then the alternatives by title."""
    default = target.hanging_protocol
    optional = target.optional_hanging_protocols.order_by("title", "pk")
    others = [one for one in optional if one != default]
    return others if default is None else [default, *others]


def settings_for(user: Any, target: Viewable | None) -> dict[str, Any]:
    """Return how the viewer behaves: as usual, as the study says, as the reader says."""
    configuration = target.viewer_configuration if target is not None else None
    own = ViewerPreferences.objects.filter(user=user).first()
    return combined(configuration.settings if configuration else {}, own.settings if own else {})


def may_arrange(user: Any, target: Viewable) -> bool:
    """Tell whether ``user`` says for everybody how the cases of an object hang."""
    try:
        kind_of_viewable(target).find(user, target.pk, "change")
    except NotFound:
        return False
    return True


def _remembered(user: Any, target: Viewable | None) -> Any:
    if target is None:
        return None
    kind = kind_of_viewable(target).key
    found = RememberedLayout.objects.filter(user=user, kind=kind, object_id=target.pk).first()
    return found.layout if found else None


def _viewing(user: Any, target: Viewable) -> dict[str, Any]:
    kind = kind_of_viewable(target).key
    return {
        "kind": kind,
        "title": str(target),
        "content": target.view_content,
        "may_change": may_arrange(user, target),
        "url": reverse("api:viewing", args=[kind, target.pk]),
        "page": reverse("viewer:viewing", args=[kind, target.pk]),
        "protocols_url": reverse("api:hanging-protocol-list"),
    }


def _layout_url(session: ViewSession) -> str:
    return reverse("api:view-session-layout", args=[session.pk])
