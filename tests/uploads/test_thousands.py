"""A folder of thousands of files: the page stays awake while it is added and sent.

Prints what it measured: ``HOUNSFIELD_UPLOAD_FILES=3000 pytest -s`` for more of them.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.uploads.models import UserUpload
from tests.uploads.browser import Obstacle, expect_state

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FILES = int(os.environ.get("HOUNSFIELD_UPLOAD_FILES", "600"))
SIZE = 20_000
WATCH = """() => { window.longest = 0;
  const note = entry => { window.longest = Math.max(window.longest, entry.duration); };
  new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type: "longtask" });
}"""
LONGEST = "() => { const longest = window.longest; window.longest = 0; return longest; }"
STAY = """() => document.querySelector("form").addEventListener("submit", event => {
  if (document.querySelector("[data-state=ready]")) event.preventDefault(); })"""
PATIENCE = 900_000


@pytest.mark.timeout(1800)
def test_thousands_of_files(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    for number in range(FILES):
        path = folder / f"series {number % 5}" / f"{number:05d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(SIZE))
    page = open_page("preview")
    page.evaluate(WATCH)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder", exact=True).click()
    began = time.monotonic()
    chooser.value.set_files(str(folder))
    expect_state(page, "chosen")
    announced = page.locator("[data-uploader-announce]", has_text=f"{FILES:,} files chosen")
    announced.wait_for(state="attached", timeout=PATIENCE)
    adding, block = time.monotonic() - began, page.evaluate(LONGEST)
    print(f"\nadding {FILES:,} files: {adding:.1f} s, longest block {block:.0f} ms")
    assert page.get_by_role("listitem").count() < 60

    began = time.monotonic()
    page.evaluate(STAY)
    page.get_by_role("button", name="Import").click()
    page.locator("[data-uploader][data-state=ready]").wait_for(timeout=PATIENCE)
    sending, block = time.monotonic() - began, page.evaluate(LONGEST)
    calls = sum("/api/" in line for line in obstacle.seen)
    print(
        f"sending: {sending:.1f} s, {FILES / sending:.0f} files/s, longest block {block:.0f} ms, "
        f"{calls} requests of the API"
    )
    assert UserUpload.objects.filter(state="COMPLETED").count() == FILES
    assert calls < FILES / 4
