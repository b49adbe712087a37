"""Which images may a person see? Ours, by query from where images are used, beside django-guardian.

10,000 images in 200 archives, 50 people. Guardian keeps a row for each person and image, as portals
built on it do; ours keeps a row for each person and archive. Both answer the same three questions,
and both are checked to give the same images.

    python -m benchmarks.visible_images
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.portal import fresh_database
from benchmarks.record import keep

ARCHIVES, IMAGES, PEOPLE = 200, 10_000, 50
OF_ONE = 20  # archives that one person is a member of
PAGE = 100


def main() -> None:
    """Measure and write the figures."""
    with fresh_database(settings="benchmarks.settings"):
        users = furnish()
        results = {"archives": ARCHIVES, "images": IMAGES, "people": PEOPLE}
        keep("visible-images", results | measure(users))


def furnish() -> list[Any]:
    """Make the data: every person is a user of `OF_ONE` archives, the first one of all."""
    from django.contrib.auth.hashers import make_password

    from app.accounts.models import User
    from archives.models import Archive, ArchiveMember

    password = make_password("secret")
    users = User.objects.bulk_create(
        User(username=f"person{n}", email=f"person{n}@example.org", password=password)
        for n in range(PEOPLE)
    )
    archives = Archive.objects.bulk_create(
        Archive(title=f"Archive {n}", slug=f"archive-{n}") for n in range(ARCHIVES)
    )
    ArchiveMember.objects.bulk_create(
        ArchiveMember(target=archive, user=user, role=ArchiveMember.Role.USER)
        for number, user in enumerate(users)
        for archive in (archives if number == 0 else _some(archives, number))
    )
    images = _images(archives)
    _guardian_rows(users, archives, images)
    _analyze()
    return users


def _some(archives: list[Any], number: int) -> list[Any]:
    return [archives[(number * 7 + step * 11) % ARCHIVES] for step in range(OF_ONE)]


def _images(archives: list[Any]) -> list[Any]:
    from app.images.models import Image, ImageFile
    from app.sockets.models import SocketValue
    from app.sockets.selectors import medical_image_socket
    from archives.models import ArchiveItem

    unit = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    shape = {"size": [512, 512, 300], "spacing": [0.7, 0.7, 1.0], "origin": [0.0] * 3}
    images = Image.objects.bulk_create(
        Image(name=f"Image {n}", **shape, direction=unit, element_type="int16", modality="CT")
        for n in range(IMAGES)
    )
    ImageFile.objects.bulk_create(
        ImageFile(image=image, kind="MHA", key=f"images/{image.pk}/a.mha", size=1)
        for image in images
    )
    socket = medical_image_socket()
    values = SocketValue.objects.bulk_create(
        SocketValue(socket=socket, image=image) for image in images
    )
    items = ArchiveItem.objects.bulk_create(
        ArchiveItem(archive=archives[n % ARCHIVES], title=f"Case {n}") for n in range(IMAGES)
    )
    through = ArchiveItem.values.through
    through.objects.bulk_create(
        through(archiveitem=item, socketvalue=value)
        for item, value in zip(items, values, strict=True)
    )
    return images


def _guardian_rows(users: list[Any], archives: list[Any], images: list[Any]) -> None:
    """Copy the same rights to every image, as a portal built on object permissions has to."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from guardian.models import UserObjectPermission

    from app.images.models import Image

    kind = ContentType.objects.get_for_model(Image)
    view = Permission.objects.get(content_type=kind, codename="view_image")
    rows = []
    for number, user in enumerate(users):
        held = archives if number == 0 else _some(archives, number)
        places = {archives.index(archive) for archive in held}
        rows += [
            UserObjectPermission(
                permission=view, content_type=kind, object_pk=str(image.pk), user=user
            )
            for n, image in enumerate(images)
            if n % ARCHIVES in places
        ]
    UserObjectPermission.objects.bulk_create(rows, batch_size=5000)


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(users: list[Any]) -> dict[str, Any]:
    """Return times, queries and numbers of rows, for a member of some archives and of all."""
    from guardian.models import UserObjectPermission
    from guardian.shortcuts import get_objects_for_user

    from app.images.models import Image
    from app.images.selectors import images_for
    from archives.models import ArchiveMember

    def guardian(user: Any) -> Any:
        found = get_objects_for_user(user, "images.view_image", Image, use_groups=False)
        return found.prefetch_related("files").order_by("-created")

    results: dict[str, Any] = {
        "rows of rights": {
            "ours": ArchiveMember.objects.count(),
            "guardian": UserObjectPermission.objects.count(),
        }
    }
    for title, user in (("20 archives", users[1]), ("200 archives", users[0])):
        if set(images_for(user).values_list("pk")) != set(guardian(user).values_list("pk")):
            raise RuntimeError("The two do not agree on what a person may see.")
        results[title] = {
            "visible images": images_for(user).count(),
            "ours": _questions(images_for, user),
            "guardian": _questions(guardian, user),
        }
    return results


def _questions(visible: Callable[[Any], Any], user: Any) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def page() -> list[Any]:
        return [[file.key for file in image.stored_files] for image in visible(user)[:PAGE]]

    with CaptureQueriesContext(connection) as captured:
        page()
    return {
        "queries of a page": len(captured),
        f"page of {PAGE} with files, ms": median_ms(page),
        "count, ms": median_ms(lambda: visible(user).count()),
        "ids of all, ms": median_ms(lambda: list(visible(user).values_list("pk", flat=True))),
    }


def median_ms(call: Callable[[], Any], *, times: int = 15) -> float:
    """Return the median time of ``call`` in milliseconds, after one call that does not count."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 2)


if __name__ == "__main__":
    main()
