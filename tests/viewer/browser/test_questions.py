"""A reader reads ten cases by keys alone, but for what is drawn; nothing of it is missing after."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.clients.environments import client_python
from tests.e2e.soundness import inaccessible
from tests.viewer.browser.desk import Desk, over_https
from tests.viewer.browser.questions import Questions
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.studies import CASES, EIGHT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

CLIENT = "0.16.1"
SCRIPT = Path(__file__).parents[2] / "clients" / "answers.py"
WIDE = {"width": 1440, "height": 900}
TEXTS = {kind: fields["text"] for kind, fields in EIGHT.items()}
#: Where a line is drawn, relative to the middle of the pane.
LINE = ((-40.0, -30.0), (35.0, 25.0))
POINTS = ((-60.0, 20.0), (50.0, -40.0))


@dataclass
class Read:
    """What the reader answered, by case and question, and how many voxels were painted."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    painted: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def finished(desk: Desk, browser: Browser, screenshots: Path) -> Iterator[Read]:
    """Ten cases as they were read, from the first page to the last."""
    context = desk.context(browser, cookie="study_reader_cookie", viewport=WIDE)
    reading = Reading(desk.open(context, "reading"))
    done = Read()
    for number in range(CASES):
        _read_case(Questions(reading), number, done, screenshots)
    page = reading.page
    expect(page.get_by_text("You have read every case")).to_be_visible()
    expect(page.get_by_text("Thank you for reading.")).to_be_visible()
    assert reading.complaints == []
    yield done
    context.close()


@pytest.fixture(scope="module")
def editor(desk: Desk, browser: Browser) -> Iterator[BrowserContext]:
    context = desk.context(browser, cookie="study_editor_cookie", viewport=WIDE)
    yield context
    context.close()


def _read_case(questions: Questions, number: int, done: Read, screenshots: Path) -> None:
    """Answer everything about one case; the first is shown wrong once, and looked at."""
    questions.wait()
    page, case = questions.page, str(questions.panel.get_attribute("data-case"))
    expect(page.locator("#panel-heading")).to_have_text(f"Case {number + 1} of {CASES}")
    expect(page.locator("#panel-heading")).to_be_focused()
    if number == 0:
        page.keyboard.press("Control+Enter")
        expect(questions.panel.locator(".panel-error:visible")).to_have_count(8)
        assert list(inaccessible(page)) == []
    _choose(questions, number)
    _write(questions, number)
    _draw(questions, number)
    questions.wait_saved()
    if number == 0:
        page.screenshot(path=screenshots / "reading-1440.png", caret="initial")
        assert list(inaccessible(page)) == []
    lobe = number % 3
    seen = [place for place in range(3) if (number % 7 + 1) >> place & 1]
    options = EIGHT["CHOI"]["options"], EIGHT["MCHO"]["options"]
    done.answers[case] = {
        TEXTS["BOOL"]: number % 2 == 0,
        TEXTS["CHOI"]: options[0][lobe],
        TEXTS["MCHO"]: [options[1][place] for place in seen],
        TEXTS["NUMB"]: number * 0.5,
        TEXTS["TEXT"]: f"R{number:02d}",
        TEXTS["DIST"]: questions.value(TEXTS["DIST"]),
        TEXTS["MPOI"]: questions.value(TEXTS["MPOI"]),
    }
    done.painted[case] = questions.reading.get("masks.list[0].segments[0].voxels")
    questions.go_on()


def _choose(questions: Questions, number: int) -> None:
    keys = questions.page.keyboard
    questions.turn_to(TEXTS["BOOL"])
    keys.press("Space" if number % 2 == 0 else "ArrowRight")
    questions.turn_to(TEXTS["CHOI"])
    for _ in range(number % 3):
        keys.press("ArrowRight")
    if number % 3 == 0:
        keys.press("Space")
    questions.turn_to(TEXTS["MCHO"])
    for place in range(3):
        if (number % 7 + 1) >> place & 1:
            keys.press("Space")
        keys.press("Tab")


def _write(questions: Questions, number: int) -> None:
    keys = questions.page.keyboard
    questions.turn_to(TEXTS["NUMB"])
    for _ in range(number + 1):
        keys.press("ArrowUp")
    questions.turn_to(TEXTS["TEXT"])
    if number == 0:
        keys.type("wrong")
        expect(questions.question(TEXTS["TEXT"]).get_by_role("alert")).to_contain_text("form")
        keys.press("Control+a")
    keys.type(f"R{number:02d}")


def _draw(questions: Questions, number: int) -> None:
    """By mouse in every other case, by keys in the others; the mask always by mouse."""
    keys, reading = questions.page.keyboard, questions.reading
    questions.draw(TEXTS["DIST"])
    if number % 2 == 0:
        reading.drag(*(end - start for start, end in zip(*LINE, strict=True)), start=LINE[0])
    else:
        reading.press("Enter", "Enter", *["ArrowRight"] * 5, *["ArrowDown"] * 4, "Enter")
    expect(questions.question(TEXTS["DIST"]).get_by_role("listitem")).to_have_count(1)
    questions.back()
    if number % 3 == 0:
        questions.turn_to(TEXTS["MPOI"])
        keys.press("Tab")
        keys.press("Space")
        expect(questions.question(TEXTS["MPOI"]).get_by_role("checkbox")).to_be_checked()
    else:
        _mark_points(questions, by_mouse=number % 2 == 0)
        questions.back()
    questions.draw(TEXTS["MASK"])
    reading.drag(30 + 4 * number, 20, start=(-20, -10))
    expect(questions.question(TEXTS["MASK"]).get_by_role("listitem")).to_have_count(1)
    questions.back()


def _mark_points(questions: Questions, *, by_mouse: bool) -> None:
    reading = questions.reading
    questions.draw(TEXTS["MPOI"])
    if by_mouse:
        for place in POINTS:
            reading.point(*place)
            reading.page.mouse.down()
            reading.page.mouse.up()
    else:
        reading.press("Enter", "Enter", "Enter", *["ArrowRight"] * 6, "Enter")
    expect(questions.question(TEXTS["MPOI"]).get_by_role("listitem")).to_have_count(2)


def test_the_table_holds_everything(finished: Read, editor: BrowserContext, desk: Desk) -> None:
    answer = editor.request.get(desk.address("study") + "answers.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text())))
    assert len(rows) == CASES * 8
    by_case: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        assert (row["reader"], row["is_reference"]) == ("study-reader", "no")
        assert float(row["case_seconds"]) > 0
        assert row["case_finished_at"]
        by_case.setdefault(row["case_id"], {})[row["question"]] = row
    assert [found[TEXTS["BOOL"]]["case_position"] for found in by_case.values()] == [
        str(number + 1) for number in range(CASES)
    ]
    for case, expected in finished.answers.items():
        found = by_case[case]
        assert found[TEXTS["CHOI"]]["answer"] == expected[TEXTS["CHOI"]]
        assert found[TEXTS["MCHO"]]["answer"].split("; ") == expected[TEXTS["MCHO"]]
        for kind in ("BOOL", "NUMB", "TEXT", "DIST", "MPOI"):
            text = TEXTS[kind]
            assert json.loads(found[text]["value"]) == expected[text], text
        assert set(json.loads(found[TEXTS["MASK"]]["value"])) == {"image"}


def test_the_document_and_gcapi_hold_the_same(
    finished: Read, editor: BrowserContext, desk: Desk, tmp_path: Path
) -> None:
    told = editor.request.get(desk.address("study") + "study.json").json()
    titles = {
        option["id"]: option["title"]
        for question in told["questions"]
        for option in question["options"]
    }
    texts = {question["id"]: question["text"] for question in told["questions"]}
    assert len(told["cases"]) == len(told["readings"]) == CASES
    seen = _by_client(desk, told["reader_study"]["slug"], tmp_path)
    by_client = {answer["pk"]: answer for answer in seen["answers"]}
    assert len(told["answers"]) == len(by_client) == CASES * 8
    assert {case["pk"] for case in seen["cases"]} == set(finished.answers)
    for answer in told["answers"]:
        text, case, value = texts[answer["question"]], answer["case"], answer["answer"]
        client = by_client[answer["id"]]
        assert client["question"].rstrip("/").endswith(answer["question"])
        assert client["display_set"].rstrip("/").endswith(case)
        if text == TEXTS["MASK"]:
            assert client["answer_image"].rstrip("/").endswith(value["image"])
            assert seen["masks"][answer["id"]]["1"] == finished.painted[case] > 0
            continue
        assert client["answer"] == value
        if text == TEXTS["CHOI"]:
            value = titles[value]
        elif text == TEXTS["MCHO"]:
            value = [titles[key] for key in value]
        assert value == finished.answers[case][text], text


def _by_client(desk: Desk, slug: str, folder: Path) -> dict[str, Any]:
    with over_https(desk, folder) as (url, certificate):
        command = [str(client_python(CLIENT)), str(SCRIPT), url, desk.places["study_token"]]
        done = subprocess.run(
            [*command, slug, str(folder)],
            env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(certificate)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_statistics_are_looked_at(
    finished: Read, editor: BrowserContext, desk: Desk, screenshots: Path
) -> None:
    page: Page = editor.new_page()
    page.goto(desk.address("study") + "statistics/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.screenshot(path=screenshots / "study-statistics.png", full_page=True)
    assert list(inaccessible(page)) == []
