"""Bad input at the pages: each ends with a clear message, and nothing is lost or leaked."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.people import People, Person
from tests.e2e.samples import SHAPE, Samples

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("quiet"),
]

LEAKS = re.compile(r"Traceback|/hounsfield|/tmp/|site-packages|Exception|0x[0-9a-f]{6}")


@pytest.fixture
def archive(people: People) -> str:
    """Return the path of a new archive of the researcher."""
    researcher = people["researcher"]
    researcher.open("/archives/new/")
    researcher.fill(title="Bad files")
    researcher.send("Save")
    return f"/archives/{researcher.pk}/"


def test_a_zip_that_reaches_outside_is_named_and_its_good_files_are_kept(
    people: People, samples: Samples, archive: str
) -> None:
    researcher = people["researcher"]
    page = researcher.page
    state = import_file(researcher, samples.escaping_zip)
    assert state in {"PARTIAL", "FAILED"}
    expect(page.locator("#problems tbody tr")).to_have_count(1)
    expect(page.locator("#problems")).to_contain_text("escaping.zip")
    assert says_what_to_do(researcher)
    assert LEAKS.search(researcher.text) is None
    if state == "PARTIAL":
        researcher.open(archive)
        expect(page.locator("tr[data-item]")).to_contain_text(f"128 × 128 × {SHAPE[0]}")


@pytest.mark.parametrize("name", ["notes.dcm", "truncated.dcm"])
def test_a_folder_without_one_good_file_fails_with_the_reason(
    people: People, samples: Samples, archive: str, name: str
) -> None:
    researcher = people["researcher"]
    assert import_file(researcher, samples.mixed / name) == "FAILED"
    expect(researcher.page.get_by_role("main")).to_contain_text("Nothing could be imported")
    row = researcher.page.locator("#problems tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(name)
    assert says_what_to_do(researcher)
    assert LEAKS.search(researcher.text) is None
    page = researcher.open(archive)
    expect(page.get_by_role("main")).to_contain_text("No cases yet")


@pytest.mark.parametrize(
    ("sample", "reason"), [("no_image_tar", "container image|manifest"), ("root_image", "root")]
)
def test_a_container_that_may_not_run_is_refused_with_the_reason(
    people: People, samples: Samples, sample: str, reason: str
) -> None:
    author = people["author"]
    page = author.open("/algorithms/new/")
    author.fill(title=f"Refused {sample} {uuid4().hex[:6]}")
    author.send("Save")
    algorithm = author.pk
    author.choose_files(getattr(samples, sample))
    author.send("Upload and check")
    assert author.wait_for_state() == "INVALID"
    said = page.locator("[data-reason]").first
    expect(said).to_contain_text(re.compile(reason, re.IGNORECASE))
    assert len(page.get_by_role("alert").filter(has=said).inner_text()) > 80, "no advice"
    assert LEAKS.search(author.text) is None
    expect(page.get_by_role("main").get_by_role("link", name="Try it out")).to_have_count(0)
    author.open(f"/algorithms/{algorithm}/versions/add/")
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()


def test_a_refused_form_keeps_what_was_typed(people: People) -> None:
    researcher = people["researcher"]
    page = researcher.open("/archives/new/")
    researcher.fill(description="A long story that nobody wants to type again.")
    researcher.press("Save")
    expect(page.locator(".form-errors")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value(re.compile("^A long story"))
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")


def import_file(person: Person, path: Path) -> str:
    """Import one file into the archive whose import page is open; return how it ended."""
    person.choose_files(path)
    person.send("Upload and import")
    return person.wait_for_state()


def says_what_to_do(person: Person) -> bool:
    rows = person.page.locator("#problems tbody tr").all()
    return all(cell.strip() for row in rows for cell in row.locator("td").all_inner_texts())
