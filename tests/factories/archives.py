"""The smallest valid archives."""

from typing import Any

from app.accounts.models import User
from app.accounts.services import grant_role
from app.images.models import Image
from app.sockets.selectors import medical_image_socket
from app.sockets.services import image_value
from archives.models import Archive, ArchiveItem
from archives.policies import ARCHIVES
from archives.services import add_item, create_archive
from tests.factories.accounts import UserFactory
from tests.factories.images import make_image

_counter = iter(range(10**9))


def make_archive(
    *,
    editor: User | None = None,
    cases: int = 0,
    members: dict[str, User] | None = None,
    **fields: Any,
) -> Archive:
    """An archive with ``cases`` items; ``members`` maps a role to the person who holds it."""
    editor = editor or UserFactory()
    values = {"title": f"Archive {next(_counter)}"} | fields
    archive = create_archive(actor=editor, **values)
    for role, person in (members or {}).items():
        grant_role(ARCHIVES, actor=editor, obj=archive, user=person, role=role)
    for number in range(cases):
        make_item(archive, title=f"Case {number + 1}")
    return archive


def make_item(archive: Archive, *, title: str = "Case", image: Image | None = None) -> ArchiveItem:
    """A case of one image."""
    value = image_value(socket=medical_image_socket(), image=image or make_image(name=title))
    editor = archive.memberships.get(role="EDITOR").user
    return add_item(actor=editor, archive=archive, title=title, values=[value])
