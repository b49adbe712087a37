"""Who reviews images in quarantine, and who chooses what files keep on their way in."""

from tests.permissions.table import (
    ADMINISTRATOR,
    ARCHIVE_EDITORS,
    SIGNED_IN,
    Row,
    action,
    api,
    form,
    page,
    pk,
)

NOBODY: frozenset[str] = frozenset()
WAITING = pk("quarantine")
HELD_FILE = {"kind": "images", "pk": "held_image_file", "filename": "image.mha"}

QUARANTINE: list[Row] = [
    *page("images:reviews", SIGNED_IN),
    *page("images:review_queue", ARCHIVE_EDITORS, path={"scope": "archive", "pk": "archive"}),
    *page("images:review_queue", ADMINISTRATOR, path={"scope": "archive", "pk": "shared"}),
    *page("images:review_queue", NOBODY, path={"scope": "nothing", "pk": "archive"}),
    *page("images:review", ARCHIVE_EDITORS, path=WAITING),
    *page("images:review_frame", ARCHIVE_EDITORS, path={**WAITING, "number": "0"}),
    *action("images:review_accept", ARCHIVE_EDITORS, path=WAITING),
    *action(
        "images:review_mask",
        ARCHIVE_EDITORS,
        path=WAITING,
        body={"x": "0", "y": "0", "width": "2", "height": "2"},
    ),
    *action("images:review_reject", ARCHIVE_EDITORS, path=WAITING, body={"note": "A name"}),
    *form(
        "archives:deidentification",
        ARCHIVE_EDITORS,
        path=pk("archive"),
        body={"options": "retain_patient_characteristics"},
    ),
    # What waits is nowhere else, not even for those who review it.
    *page("images:detail", NOBODY, path=pk("held_image")),
    *page("viewer:open", NOBODY, path={"source": "image", "pk": "held_image"}),
    *page("delivery:file", NOBODY, path=HELD_FILE, anonymous="hidden"),
    *api("api:image-detail", "GET", NOBODY, path=pk("held_image")),
    *api("api:image-dicom-instances", "GET", NOBODY, path=pk("held_image")),
]
