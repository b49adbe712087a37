"""Archives of a seed file, and their cases."""

from app.web.seeding.asking import seed_requests
from app.web.seeding.document import ArchiveEntry, ItemEntry
from app.web.seeding.images import changed_values, track_files
from app.web.seeding.run import Refused, Run, Status, find
from archives.models import Archive, ArchiveItem
from archives.policies import ARCHIVES
from archives.services import add_item, change_item, create_archive, update_archive


def seed_archive(run: Run, entry: ArchiveEntry, path: str) -> None:
    """Make or change an archive and its roles, then its cases one by one."""
    archive: Archive | None = None
    with run.entry(path, kind="archive", name=entry.title):
        owner = run.get("user", entry.owner, path=f"{path}.owner")
        named = {"slug": entry.slug_wanted}
        free = entry.slug is None
        found = find(Archive, path=path, pk=entry.pk, named=named, rename=free)
        wanted = entry.given("title", "description", "public", "listed", "access_mode")
        archive = run.settle(
            found,
            path=path,
            kind="archive",
            name=entry.title,
            make=lambda: create_archive(actor=owner, pk=entry.pk, slug=entry.slug or "", **wanted),
            change=lambda obj, **changes: update_archive(actor=owner, archive=obj, **changes),
            wanted=wanted,
        )
        run.give_roles(ARCHIVES, archive, entry=entry, owner=owner, path=path)
        seed_requests(run, entry.requests, archive, path)
        run.know("archive", entry.names, archive)
    if archive is None:
        return
    for number, item in enumerate(entry.items):
        place = f"{path}.items[{number}]"
        with run.entry(place, kind="item", name=item.title):
            _seed_item(run, item, archive, entry, place)


def _seed_item(
    run: Run, entry: ItemEntry, archive: Archive, parent: ArchiveEntry, path: str
) -> None:
    owner = run.get("user", parent.owner, path=path)
    named = {"archive": archive, "title": entry.title}
    found = find(ArchiveItem, path=path, pk=entry.pk, named=named, rename=True)
    if found is not None and found.archive_id != archive.pk:
        raise Refused(f"{path}.pk", "The key is taken by a case of another archive.")
    item = found or add_item(
        actor=owner, archive=archive, title=entry.title, values=[], pk=entry.pk
    )
    given = changed_values(run, item, entry.values, owner=owner, path=path)
    title = entry.title if item.title != entry.title else None
    if given or title:
        change_item(actor=owner, item=item, title=title, given=given)
        track_files(run, item)
    status = Status.CREATED
    if found is not None:
        status = Status.UPDATED if given or title else Status.UNCHANGED
    changes = [*(["title"] if title else []), *(value.socket.slug for value in given)]
    detail = ", ".join(changes) if status is Status.UPDATED else ""
    run.note(status, path, "item", entry.title, obj=item, detail=detail)
    run.know("item", entry.names, item)
