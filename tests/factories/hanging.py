"""The smallest valid hanging protocols and viewer configurations, and a case to hang."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from app.accounts.models import User
from app.sockets.services import ensure_socket, image_value
from archives.models import Archive, ArchiveItem
from archives.services import add_item
from tests.factories.accounts import UserFactory
from tests.factories.images import make_image
from viewer.models import HangingProtocol, ViewerConfiguration
from viewer.services import create_configuration, create_protocol

_counter = iter(range(10**9))
SEQUENCES = {"t2": "IMG", "adc": "IMG", "dwi": "IMG", "lesions": "SEG"}


def verified(**fields: Any) -> User:
    """A person who may make protocols."""
    return UserFactory(verified_at=timezone.now(), **fields)


def make_protocol(*names: str, creator: User | None = None, **fields: Any) -> HangingProtocol:
    """A protocol with viewports of these names, one without any."""
    json: Sequence[dict[str, Any]] = [{"viewport_name": name} for name in names or ("main",)]
    values = {"title": f"Protocol {next(_counter)}", "json": json} | fields
    return create_protocol(actor=creator or verified(), **values)


def make_configuration(*, creator: User | None = None, **settings: Any) -> ViewerConfiguration:
    """A viewer configuration with these settings."""
    title = f"Configuration {next(_counter)}"
    return create_configuration(actor=creator or verified(), title=title, settings=settings)


def make_case(archive: Archive, **sockets: str) -> ArchiveItem:
    """A case with one image for each socket and its kind; three sequences and a segmentation."""
    values = []
    for slug, kind in (sockets or SEQUENCES).items():
        socket = ensure_socket(
            slug=slug, title=slug.upper(), kind=kind, relative_path=f"images/{slug}"
        )
        values.append(image_value(socket=socket, image=make_image(name=slug)))
    editor = archive.memberships.get(role="EDITOR").user
    title = f"Case {next(_counter)}"
    return add_item(actor=editor, archive=archive, title=title, values=values)
