"""Who may read the audit log and the histories of objects."""

from tests.permissions.table import (
    ADMINISTRATOR,
    ALGORITHM_EDITORS,
    ARCHIVE_EDITORS,
    CHALLENGE_ADMINS,
    HIDDEN,
    STUDY_EDITORS,
    Row,
    api,
    page,
)


def history(label: str, name: str, ok: frozenset[str]) -> list[Row]:
    return page("audit:history", ok, path={"label": label, "pk": name})


AUDIT = [
    *page("audit:log", ADMINISTRATOR),
    *page("audit:export", ADMINISTRATOR, path={"ending": "csv"}),
    *page("audit:export", ADMINISTRATOR, path={"ending": "json"}),
    *page("audit:export", frozenset(), path={"ending": "exe"}),
    *history("archives.archive", "archive", ARCHIVE_EDITORS),
    *history("archives.archive", "shared", ADMINISTRATOR),
    *history("images.image", "archive_image", ARCHIVE_EDITORS),
    *history("images.image", "shared_image", ADMINISTRATOR),
    *history("images.image", "study_image", STUDY_EDITORS),  # the archive is theirs
    *history("images.image", "hidden_image", CHALLENGE_ADMINS),
    *history("reader_studies.readerstudy", "study", STUDY_EDITORS),
    *history("algorithms.algorithm", "algorithm", ALGORITHM_EDITORS),
    *history("challenges.challenge", "challenge", CHALLENGE_ADMINS),
    *history("accounts.token", "token", frozenset()),
    *api("api:audit-event-list", "GET", ADMINISTRATOR, others=HIDDEN),
]
