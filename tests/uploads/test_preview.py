"""Looking into files before they are sent, and sending them with one press of a button."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from app.uploads.models import UserUpload
from tests.e2e.soundness import inaccessible
from tests.uploads.browser import Obstacle, choose, expect_state, make_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = "<img src=x onerror=alert(1)>"


def make_dicom(path: Path, *, name: str = "Doe^Jane") -> Path:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientName = name
    dataset.StudyDescription = HOSTILE
    dataset.Rows = 512
    code = Dataset()
    code.CodeMeaning = "Thorax"
    dataset.AnatomicRegionSequence = [code]
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two series of DICOM and a note."""
    folder = tmp_path / "study"
    for series in ("a", "b"):
        for number in (1, 2):
            make_dicom(folder / series / f"{number}.dcm")
    (folder / "note.txt").write_text("read me")
    return folder


@pytest.mark.parametrize("width", [360, 1280])
def test_headers_are_shown_and_nothing_is_sent(
    open_page: Callable[..., Page], obstacle: Obstacle, study: Path, width: int
) -> None:
    page = open_page("preview", width=width)
    expect(page.locator("[data-uploader-reason]")).to_have_text("Choose files first.")
    choose(page, study, button="Choose a folder")
    expect_state(page, "chosen")
    page.get_by_role("button", name="What is in these files?").click()
    expect(page.get_by_role("heading", name="What is in these files")).to_be_focused()
    assert page.locator(".headers-file").count() == 3
    table = page.get_by_role("region", name="Attributes of").first
    name = table.get_by_role("row", name="Patient's Name")
    expect(name).to_contain_text("Doe^Jane")
    expect(name).to_contain_text("replaced")
    description = table.get_by_role("row", name="Study Description")
    expect(description).to_contain_text(HOSTILE)
    expect(description).to_contain_text("removed")
    expect(table.get_by_role("row", name="Rows")).to_contain_text("kept")
    assert page.locator(".headers img").count() == 0
    assert not [line for line in obstacle.seen if "/api/" in line or "/parts/" in line]
    assert list(inaccessible(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_attributes_are_found_and_sequences_opened(
    open_page: Callable[..., Page], study: Path
) -> None:
    page = open_page("preview")
    choose(page, study, button="Choose a folder")
    page.get_by_role("button", name="What is in these files?").click()
    table = page.get_by_role("region", name="Attributes of").first
    nested = table.get_by_role("row", name="Code Meaning")
    expect(nested).to_be_hidden()
    table.get_by_role("button", name="1 item of Anatomic Region Sequence").click()
    expect(nested).to_be_visible()
    page.get_by_label("Find an attribute").fill("patient name")
    expect(table.locator("tbody tr:visible")).to_have_count(1)
    page.get_by_label("Find an attribute").fill("nothing like it")
    expect(table.get_by_text("No attribute here fits.")).to_be_visible()


def test_one_press_sends_the_files_and_then_the_form(
    open_page: Callable[..., Page], obstacle: Obstacle, study: Path
) -> None:
    page = open_page("preview")
    choose(page, study, button="Choose a folder")
    expect_state(page, "chosen")
    assert UserUpload.objects.count() == 0
    page.get_by_role("button", name="Import").click()
    page.wait_for_selector("pre")
    assert "study/b/2.dcm" in page.locator("pre").inner_text()
    assert UserUpload.objects.filter(state="COMPLETED").count() == 5


def test_more_files_can_follow_and_what_failed_can_be_removed(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    obstacle.refuse = lambda scope: 400 if scope["method"] == "PUT" else 0
    page = open_page("preview")
    choose(page, make_file(tmp_path / "bad.mha", 900))
    page.get_by_role("button", name="Import").click()
    expect_state(page, "failed")
    obstacle.refuse = lambda scope: 0
    page.get_by_role("button", name="Add more files").click()
    choose(page, make_file(tmp_path / "good.mha", 900))
    expect_state(page, "chosen")
    page.get_by_role("button", name="Remove bad.mha").click()
    page.get_by_role("button", name="Import").click()
    page.wait_for_selector("pre")
    assert "good.mha" in page.locator("pre").inner_text()
    assert "bad.mha" not in page.locator("pre").inner_text()


def test_leaving_is_warned_of_and_a_failure_keeps_the_form(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    obstacle.refuse = lambda scope: 400 if scope["method"] == "PUT" else 0
    page = open_page("preview")
    choose(page, make_file(tmp_path / "a.mha", 900))
    page.get_by_role("button", name="Import").click()
    expect_state(page, "failed")
    expect(page.locator("[data-uploader-reason]")).to_contain_text("1 file could not be uploaded")
    expect(page.locator("[data-uploader-problems]")).to_contain_text("a.mha: ")
    obstacle.refuse = lambda scope: 503 if scope["method"] == "PUT" else 0
    page.locator(".uppy-StatusBar").get_by_role("button", name="Try again").click()
    expect_state(page, "busy")
    asked: list[str] = []

    def answer(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", answer)
    page.goto("about:blank")
    assert asked == ["beforeunload"]
