"""Results of a batch as files: one row or one JSON file for each case."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from algorithms.models import BatchCase, RunBatch
from algorithms.selectors import LONG_FIELDS, interface_of
from app.core.text import safe_cell
from app.delivery.services import signed_url_for
from app.images.models import ImageFile
from app.sockets.models import SocketValue

FORMATS = {"csv": "text/csv; charset=utf-8", "zip": "application/zip"}
LIFETIME = 3600  # seconds that addresses of files work


def results_of(batch: RunBatch, *, ending: str) -> tuple[bytes, int]:
    """Return the file, and how many addresses of files it holds."""
    rows = list(_rows(batch))
    files = sum(len(row["files"]) for row in rows)
    return (_csv(batch, rows) if ending == "csv" else _zip(rows)), files


def _rows(batch: RunBatch) -> Iterator[dict[str, Any]]:
    cases = batch.cases.select_related("run__job", "run__version")
    cases = cases.defer(*(f"run__{name}" for name in LONG_FIELDS))
    cases = cases.prefetch_related("run__job__outputs__socket", "run__job__outputs__image__files")
    for case in cases.iterator(chunk_size=200):
        yield _row(case)


def _row(case: BatchCase) -> dict[str, Any]:
    run = case.run
    row: dict[str, Any] = {
        "number": case.number,
        "case": case.title,
        "state": run.job.state if run and case.state == BatchCase.State.STARTED else case.state,
        "reason": run.job.reason if run and not case.reason else case.reason,
        "run": str(run.pk) if run else "",
        "version": run.version.number if run else None,
        "outputs": {},
        "files": {},
    }
    for value in run.job.outputs.all() if run else ():
        slug = value.socket.slug
        if value.has_value:
            row["outputs"][slug] = value.value
        else:
            row["files"][slug] = _address(value)
    return row


def _address(value: SocketValue) -> str:
    """Return an address from which the file can be read for an hour."""
    if value.image is None:
        return signed_url_for(value.file_key, expires_in=LIFETIME)
    kinds = (ImageFile.Kind.MHA, ImageFile.Kind.TIFF)
    files = [file for file in value.image.stored_files if file.kind in kinds]
    return signed_url_for(files[0].key, expires_in=LIFETIME) if files else ""


def _csv(batch: RunBatch, rows: list[dict[str, Any]]) -> bytes:
    interface = batch.interface or interface_of(batch.version.algorithm)
    slugs = [socket.slug for socket in interface.outputs.all()]
    out = io.StringIO()
    writer = csv.writer(out)
    plain = ["number", "case", "state", "reason", "run", "version"]
    writer.writerow([*plain, *slugs])
    for row in rows:
        cells = [row[name] for name in plain]
        cells += [_cell(row, slug) for slug in slugs]
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _cell(row: dict[str, Any], slug: str) -> Any:
    if slug in row["files"]:
        return row["files"][slug]
    value = row["outputs"].get(slug, "")
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else value


def _zip(rows: list[dict[str, Any]]) -> bytes:
    """One JSON file a case; names are numbers, since titles may be anything."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in rows:
            archive.writestr(f"case-{row['number']:05}.json", json.dumps(row, indent=2))
    return out.getvalue()
