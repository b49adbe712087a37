"""Every type of answer beside one case: given by keys, kept, shown again, safe between windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from reader_studies.answer_types import ANSWER_TYPES
from tests.e2e.soundness import inaccessible
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.questions import Questions
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 800}
RIGHT, DOWN, LEFT = ("ArrowRight",) * 6, ("ArrowDown",) * 5, ("Shift+ArrowLeft", "ArrowLeft")
#: By the type of one object: the ways between the places that a reader puts, by arrows.
WAYS: dict[str, list[tuple[str, ...]]] = {
    "2DBB": [(), (*RIGHT, *DOWN)],
    "DIST": [(), RIGHT],
    "POIN": [()],
    "POLY": [(), RIGHT, DOWN],
    "LINE": [(), RIGHT, DOWN],
    "ANGL": [(), RIGHT, DOWN, LEFT],
    "ELLI": [(), (*RIGHT, *DOWN)],
    "3ANG": [(), RIGHT, DOWN],
}
#: One more Enter ends what may have any number of places.
OPEN_ENDED = {"POLY", "LINE"}
MANY = {
    **{"M2DB": "2DBB", "MDIS": "DIST", "MPOI": "POIN", "MPOL": "POLY", "MLIN": "LINE"},
    **{"MANG": "ANGL", "MELL": "ELLI", "M3AN": "3ANG"},
}
DRAWN = [key for key, found in ANSWER_TYPES.items() if found.drawn and key != "MASK"]
FINDINGS = "Which findings are right?"


def words_of(key: str) -> str:
    return f"{ANSWER_TYPES[key].words}?"


@pytest.fixture(scope="module")
def reader(desk: Desk, browser: Browser) -> Iterator[BrowserContext]:
    context = desk.context(browser, cookie="study_reader_cookie", viewport=WIDE)
    yield context
    context.close()


@dataclass(frozen=True)
class Answered:
    """The page, and what it showed and the site had before any test changed an answer."""

    questions: Questions
    shown: dict[str, Any]
    stored: dict[str, Any]


@pytest.fixture(scope="module")
def answered(
    desk: Desk, browser: Browser, reader: BrowserContext, screenshots: Path
) -> Iterator[Answered]:
    """One case with every question answered by keys alone, and saved."""
    questions = Questions(Reading(desk.open(reader, "every_type")))
    questions.wait()
    page, keys = questions.page, questions.page.keyboard
    for key in DRAWN:
        _draw(questions, key)
    questions.draw(words_of("MASK"))
    questions.reading.press("Enter", "Enter", *RIGHT, "Enter")
    expect(questions.question(words_of("MASK")).get_by_role("listitem")).to_have_count(1)
    questions.back()
    questions.turn_to(words_of("TEXT"))
    keys.type("Two words\nand a line")
    questions.turn_to(words_of("NUMB"))
    keys.type("-3,25")
    for key in ("BOOL", "CHOI", "MCHO"):
        questions.turn_to(words_of(key))
        keys.press("Space")
    first, second = (questions.question(FINDINGS).get_by_role("listitem").nth(n) for n in (0, 1))
    first.get_by_label("Accept").focus()
    keys.press("Space")
    second.get_by_label("Reject").focus()
    keys.press("Space")
    questions.wait_saved()
    page.screenshot(path=screenshots / "every-type-1440.png", caret="initial")
    assert list(inaccessible(page)) == []
    shown = {key: questions.value(words_of(key)) for key in DRAWN}
    yield Answered(questions, shown, stored(desk, browser))
    assert questions.reading.complaints == []


@pytest.fixture
def given(answered: Answered) -> Questions:
    return answered.questions


def _draw(questions: Questions, key: str) -> None:
    """One object by arrows and Enter, two of a type of many; then back to the questions."""
    single = MANY.get(key, key)
    questions.draw(words_of(key))
    drawn = questions.question(words_of(key)).get_by_role("listitem")
    for number in range(1 if single == key else 2):
        questions.reading.press("Enter")  # brings the cursor
        for way in WAYS[single]:
            questions.reading.press(*way, "Enter")
        if single in OPEN_ENDED:
            questions.reading.press("Enter")
        expect(drawn).to_have_count(number + 1)
    questions.back()


def stored(desk: Desk, browser: Browser) -> dict[str, Any]:
    """What the site has, by the question's words."""
    context = desk.context(browser, cookie="study_editor_cookie")
    told = context.request.get(desk.address("every_study") + "study.json").json()
    context.close()
    texts = {question["id"]: question["text"] for question in told["questions"]}
    return {texts[answer["question"]]: answer["answer"] for answer in told["answers"]}


def test_each_is_kept_as_what_it_is(answered: Answered) -> None:
    found = answered.stored
    assert set(found) == {words_of(key) for key in ANSWER_TYPES if key != "HEAD"} | {FINDINGS}
    for key in DRAWN:
        value = found[words_of(key)]
        assert value["type"] == ANSWER_TYPES[key].label
        assert value == answered.shown[key]
        assert ANSWER_TYPES[key].count(value) == (2 if key in MANY else 1)
    assert found[words_of("TEXT")] == "Two words\nand a line"
    assert found[words_of("NUMB")] == -3.25
    assert found[words_of("BOOL")] is True
    assert len(found[words_of("MCHO")]) == 1
    assert len(found[FINDINGS]["points"]) == 1


def test_drawings_are_deleted_undone_and_there_after_a_reload(
    given: Questions, desk: Desk, browser: Browser
) -> None:
    text = words_of("MDIS")
    before = given.value(text)
    line = given.question(text).get_by_role("listitem").first
    line.get_by_role("button", name="Delete").focus()
    with given.page.expect_response("**/answers/"):
        given.page.keyboard.press("Enter")
    expect(given.question(text).get_by_role("listitem")).to_have_count(1)
    given.wait_saved()
    assert len(stored(desk, browser)[text]["lines"]) == 1
    given.page.keyboard.press("F6")
    with given.page.expect_response("**/answers/"):
        given.reading.press("Control+z")
    expect(given.question(text).get_by_role("listitem")).to_have_count(2)
    given.wait_saved()
    given.page.reload(wait_until="commit")
    given.wait()
    assert given.value(text) == before
    for key in DRAWN:
        assert given.value(words_of(key)) == stored(desk, browser)[words_of(key)]


def test_two_windows_do_not_overwrite_each_other(given: Questions, desk: Desk) -> None:
    text = words_of("NUMB")
    other = Questions(Reading(desk.open(given.page.context, "every_type")))
    other.wait()
    other.question(text).get_by_role("textbox").fill("7")
    other.wait_saved()
    given.page.bring_to_front()
    given.question(text).get_by_role("textbox").fill("8")
    conflict = given.question(text).get_by_role("group", name="Answered in another window")
    expect(conflict).to_contain_text("In another window you answered: 7.")
    assert list(inaccessible(given.page)) == []
    conflict.get_by_role("button", name="Keep this one").press("Enter")
    given.wait_saved()
    expect(conflict).to_be_hidden()
    assert given.question(text).get_by_role("textbox").input_value() == "8"
    other.page.close()


def test_answers_outlive_a_lost_connection(given: Questions, desk: Desk, browser: Browser) -> None:
    text = words_of("TEXT")
    given.page.route("**/answers/", lambda route: route.abort())
    given.question(text).get_by_role("textbox").fill("Typed without a line")
    expect(given.panel.locator("#panel-message")).to_contain_text("kept in this browser")
    given.page.unroute("**/answers/")
    given.page.reload(wait_until="commit")
    given.wait()
    expect(given.question(text).get_by_role("textbox")).to_have_value("Typed without a line")
    given.wait_saved()
    assert stored(desk, browser)[text] == "Typed without a line"
    given.reading.complaints.clear()  # the browser's own word about the line that was cut


def test_on_a_phone(given: Questions, desk: Desk, browser: Browser, screenshots: Path) -> None:
    context = desk.context(
        browser, cookie="study_reader_cookie", viewport=NARROW, has_touch=True, is_mobile=True
    )
    questions = Questions(Reading(desk.open(context, "every_type")))
    questions.wait()
    questions.page.screenshot(path=screenshots / "every-type-390.png")
    assert list(inaccessible(questions.page)) == []
    wide = questions.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"]
    context.close()
