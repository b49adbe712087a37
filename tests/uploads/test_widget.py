"""The upload control in a real browser against a real server."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from app.core.storage import ObjectStore
from app.uploads.models import UserUpload
from tests.e2e.soundness import inaccessible
from tests.uploads.browser import (
    READY,
    Obstacle,
    choose,
    drop,
    eventually,
    expect_state,
    make_file,
    stored_digest,
    submit,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_large_file_goes_up_in_parts_and_the_form_waits(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    path = make_file(tmp_path / "files/scan.mha", 20 * 2**20 + 7)
    page = open_page()
    button = page.get_by_role("button", name="Import")
    expect(button).to_be_disabled()
    choose(page, path)
    expect_state(page, "ready")
    expect(button).to_be_enabled()
    assert obstacle.parts_sent() == 3
    assert submit(page) == [{"path": "scan.mha", "name": "scan.mha", "size": path.stat().st_size}]
    (upload,) = UserUpload.objects.all()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert upload.sha256 == stored_digest(store, upload) == digest


def test_a_folder_of_hundreds_keeps_its_paths(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    folder = tmp_path / "files/Study 1"
    for number in range(230):
        make_file(folder / f"series {number % 2}" / f"{number:04d}.dcm", 700 + number)
    make_file(folder / "empty.txt", 0)
    make_file(folder / ".DS_Store", 10)
    page = open_page()
    choose(page, folder, button="Choose a folder")
    expect_state(page, "ready")
    assert page.get_by_role("listitem").count() < 60  # of 231: a list of thousands costs the same
    expect(page.locator("[data-uploader-announce]")).to_have_text("231 files uploaded")
    rows = submit(page)
    assert {row["path"] for row in rows} == {
        "Study 1/empty.txt",
        *(f"Study 1/series {n % 2}/{n:04d}.dcm" for n in range(230)),
    }
    assert all(row["path"].endswith(row["name"]) for row in rows)
    calls = [line for line in obstacle.seen if "/api/" in line]
    assert len(calls) < 40  # in batches, not two requests for each file
    assert UserUpload.objects.filter(state="COMPLETED").count() == 231


def test_dropped_folders_are_walked_through(open_page: Callable[..., Page]) -> None:
    page = open_page()
    drop(page)
    expect_state(page, "ready")
    paths = ["CT/1.dcm", "CT/2.dcm", "CT/more/1.dcm", "CT/more/3.dcm"]
    assert sorted(row["path"] for row in submit(page)) == paths


def test_resuming_after_a_reload(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    path = make_file(tmp_path / "files/scan.mha", 40 * 2**20)
    obstacle.refuse = lambda scope: (
        503 if scope["method"] == "PUT" and scope["path"].endswith(("/4", "/5")) else 0
    )
    page = open_page()
    choose(page, path)
    expect(page.get_by_role("progressbar").first).to_have_attribute(
        "aria-valuenow", re.compile("^[6-9][0-9]"), **READY
    )
    eventually(lambda: len(list(store.list_multiparts("uploads/"))) == 1)
    (opened,) = UserUpload.objects.all()
    eventually(lambda: len(store.list_parts(opened.key, multipart_id=opened.multipart_id)) == 3)
    page.close(run_before_unload=False)

    obstacle.refuse = lambda scope: 0
    obstacle.seen.clear()
    page = open_page()
    choose(page, path)
    expect_state(page, "ready")
    assert obstacle.parts_sent() == 2  # of five
    upload = UserUpload.objects.get()
    assert upload.pk == opened.pk
    assert upload.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_bad_moment_is_tried_again(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    failures = {"PUT": 2, "POST": 1, "PATCH": 1}

    def refuse(scope: dict[str, Any]) -> int:
        if failures.get(scope["method"], 0) and "static" not in scope["path"]:
            failures[scope["method"]] -= 1
            return 503
        return 0

    obstacle.refuse = refuse
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.dcm", 1000))
    expect_state(page, "ready")
    assert set(failures.values()) == {0}


def test_an_expired_address_is_replaced(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    left = [3]

    def refuse(scope: dict[str, Any]) -> int:
        if scope["method"] == "PUT" and left[0]:
            left[0] -= 1
            return 403
        return 0

    obstacle.refuse = refuse
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.mha", 9 * 2**20))
    expect_state(page, "ready")
    assert sum("generate-presigned-urls" in line for line in obstacle.seen) >= 4


def test_what_is_refused_says_why_and_can_be_tried_again(
    open_page: Callable[..., Page], settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOAD_QUOTA_BYTES = 10 * 2**20
    page = open_page()
    choose(page, make_file(tmp_path / "files/big.mha", 12 * 2**20))
    expect_state(page, "failed")
    problem = page.locator("[data-uploader-problems]")
    expect(problem).to_contain_text("big.mha: ")
    expect(problem).to_contain_text("10.0 MiB")
    expect(problem).to_contain_text("delete what you have uploaded")
    expect(page.get_by_role("button", name="Import")).to_be_disabled()
    settings.UPLOAD_QUOTA_BYTES = 2**30
    page.locator(".uppy-StatusBar").get_by_role("button", name="Try again").click()
    expect_state(page, "ready")


def test_removing_drops_the_upload_on_the_server_too(
    open_page: Callable[..., Page], tmp_path: Path, store: ObjectStore
) -> None:
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.dcm", 10), make_file(tmp_path / "files/b.dcm", 10))
    expect_state(page, "ready")
    page.get_by_role("button", name="Remove a.dcm").click()
    eventually(lambda: UserUpload.objects.count() == 1)
    assert [row["path"] for row in submit(page)] == ["b.dcm"]
    assert len(list(store.list_objects("uploads/"))) == 1


def test_cancelling_while_it_is_being_sent(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    obstacle.refuse = lambda scope: 503 if scope["method"] == "PUT" else 0
    page = open_page()
    choose(page, make_file(tmp_path / "files/scan.mha", 9 * 2**20))
    eventually(lambda: obstacle.parts_sent() > 0)
    page.get_by_role("button", name="Remove all", exact=True).click()
    expect_state(page, "empty")
    eventually(lambda: UserUpload.objects.count() == 0)
    eventually(lambda: list(store.list_multiparts("uploads/")) == [])


def test_one_file_of_the_right_kind(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page("image")
    choose(page, make_file(tmp_path / "files/notes.txt", 10), button="Choose a file")
    expect(page.get_by_role("alert")).to_contain_text("its name does not end in .tar or .tar.gz")
    expect_state(page, "empty")
    choose(page, make_file(tmp_path / "files/one.tar", 10), button="Choose a file")
    expect_state(page, "ready")
    page.get_by_role("button", name="Remove one.tar").click()
    choose(page, make_file(tmp_path / "files/two.tar.gz", 10), button="Choose a file")
    expect_state(page, "ready")
    assert [row["path"] for row in submit(page)] == ["two.tar.gz"]


def test_a_form_that_comes_back_keeps_the_files(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    page = open_page("titled")
    choose(page, make_file(tmp_path / "files/a.dcm", 10))
    expect_state(page, "ready")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("button", name="Remove a.dcm")).to_be_visible()
    page.get_by_label("Title").fill("A title")
    assert [row["path"] for row in submit(page)] == ["a.dcm"]
    assert obstacle.parts_sent() == 1


@pytest.mark.parametrize("width", [360, 900])
def test_it_is_accessible_and_fits(
    open_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    page = open_page(width=width)
    assert list(inaccessible(page)) == []
    name = "a-very-long-name-that-does-not-fit-on-a-phone-" * 4
    choose(page, *[make_file(tmp_path / f"files/{name}{n}.dcm", 100) for n in range(12)])
    expect_state(page, "ready")
    expect(page.locator("[data-uploader-announce]")).to_have_text("12 files uploaded")
    assert list(inaccessible(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if folder := os.environ.get("HOUNSFIELD_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"uploader-{width}.png")


def test_small_files_that_had_arrived_are_not_sent_again_after_a_reload(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    files = [make_file(tmp_path / f"files/{number}.dcm", 900) for number in range(30)]
    page = open_page()
    choose(page, *files[:20])
    expect_state(page, "ready")
    page.close(run_before_unload=True)
    obstacle.seen.clear()
    page = open_page()
    choose(page, *files)
    expect_state(page, "ready")
    assert obstacle.parts_sent() == 10
    assert len(submit(page)) == 30
    assert UserUpload.objects.count() == 30


def test_what_was_swept_meanwhile_is_sent_anew(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    path = make_file(tmp_path / "files/a.dcm", 900)
    page = open_page()
    choose(page, path)
    expect_state(page, "ready")
    page.close(run_before_unload=True)
    UserUpload.objects.all().delete()
    page = open_page()
    choose(page, path)
    expect_state(page, "ready")
    assert [row["path"] for row in submit(page)] == ["a.dcm"]
    assert obstacle.parts_sent() == 2


def test_pausing_and_going_on(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    held = {"/4", "/5"}
    obstacle.refuse = lambda scope: (
        503 if scope["method"] == "PUT" and scope["path"][-2:] in held else 0
    )
    path = make_file(tmp_path / "files/scan.mha", 40 * 2**20)
    page = open_page()
    choose(page, path)
    eventually(lambda: sum(line.endswith(("/4", "/5")) for line in obstacle.seen) >= 2)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".uppy-StatusBar")).to_contain_text("Paused")
    held.clear()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect_state(page, "ready")
    assert UserUpload.objects.get().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_can_be_used_with_the_keyboard_alone(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    folder = page.get_by_role("button", name="Choose a folder")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()
    page.keyboard.press("Tab")
    expect(folder).to_be_focused()
    make_file(tmp_path / "files/CT/1.dcm", 10)
    make_file(tmp_path / "files/CT/2.dcm", 10)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(str(tmp_path / "files/CT"))
    expect_state(page, "ready")
    remove = page.get_by_role("listitem").get_by_role("button", name="Remove 1.dcm")
    remove.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-uploader-announce]")).to_have_text("1 file uploaded")
    button = page.get_by_role("button", name="Import")
    for _ in range(12):
        if button.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("pre")
    assert "CT/2.dcm" in page.locator("pre").inner_text()
