"""Annotations are their author's; who else sees or changes them, the display set says."""

from tests.permissions.table import ARCHIVE, STUDY, Row, api, pk, roles

_ITEM = {"source": "archive-item", "object": "archive_item"}
_CASE = {"source": "display-set", "object": "display_set"}
_IDS = {
    "id": "4f6f2f1e-43d4-4c2b-8df5-2f9a4b6f0c01",
    "annotation": "4f6f2f1e-43d4-4c2b-8df5-2f9a4b6f0c02",
}
_SEEN = roles("archive_user", "archive_editor")
_SEEN_IN_STUDY = roles("study_reader", "study_editor")

ANNOTATIONS: list[Row] = [
    *api("api:annotation-list", "GET", ARCHIVE, query=_ITEM),
    *api("api:annotation-list", "GET", STUDY, query=_CASE),
    *api(
        "api:annotation-changes",
        "POST",
        ARCHIVE,
        body={**_ITEM, "changes": "new-mark"},
        changes=True,
    ),
    *api(
        "api:annotation-copies", "POST", _SEEN, body={**_ITEM, **_IDS, "of": "a-mark"}, changes=True
    ),
    *api("api:annotation-starts", "GET", ARCHIVE, query=_ITEM),
    *api("api:annotation-measurements", "GET", ARCHIVE, query=_ITEM),
    *api("api:annotation-measurements-csv", "GET", ARCHIVE, query=_ITEM),
    *api("api:annotation-detail", "GET", _SEEN, path=pk("mark")),
    *api("api:annotation-detail", "GET", _SEEN_IN_STUDY, path=pk("study_mark")),
    *api("api:annotation-versions", "GET", _SEEN, path=pk("mark")),
    *api("api:annotation-mask", "GET", _SEEN, path=pk("mask")),
    *api("api:annotation-mask-mha", "GET", _SEEN, path=pk("mask")),
    *api("api:annotation-mask-nifti", "GET", _SEEN, path=pk("mask")),
]
