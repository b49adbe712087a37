"""A challenge from its clone to its exports: an organizer, three teams, one fault of the portal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e import competing, organizing
from tests.e2e.competing import submit
from tests.e2e.people import UUID, People, Person, share
from tests.e2e.portal import Portal
from tests.e2e.samples import Samples
from tests.e2e.soundness import look_at
from tests.factories.containers import shell_image

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("quiet"),
]

MARK = uuid4().hex[:6]  # a kept state folder has earlier runs' objects
TITLE = f"Nodules again {MARK}"
GOOD, NOISY, FAILING = (f"{word} finder {MARK}" for word in ("Careful", "Hasty", "Hungry"))
NAMES = ("Test case", "Hidden nodule test set", ".mha")  # of the demo's hidden cases
WAITS = "echo Thinking; sleep 600"
# The long line and its end are one write: what goes to the other stream cannot come between.
FAILS = """ls -R /input; printf '%s\\n' "$(cat /input/inputs.json)"
echo Not enough memory for this >&2; exit 3"""
TOLD = "The algorithm failed on case 1 of the hidden test set."
REASON = "One test case shows no nodule and was explained wrongly."


@dataclass(frozen=True)
class Story:
    """Where the clone and its phase are, and who does what."""

    people: People
    challenge: str
    phase: str
    pictures: Path

    @property
    def organizer(self) -> Person:
        return self.people["organizer"]

    def see(self, person: Person, name: str) -> None:
        look_at(person.page, f"story-{name}", folder=self.pictures)


@pytest.fixture(scope="module")
def story(people: People, screenshots: Path) -> Story:
    """The organizer's clone of the demo's challenge: a draft with a design of its own."""
    organizer = people["organizer"]
    challenge = organizing.clone_demo(organizer, title=TITLE)
    phase = organizing.first_phase(organizer, challenge)
    organizing.publish(organizer, challenge)
    task = "Find every nodule of 6 mm and more in CT of the chest."
    organizing.declare(organizer, challenge, task=task, test_cases="3", prizes="None.")
    return Story(people, challenge, phase, screenshots)


def test_a_challenge(story: Story, portal: Portal, samples: Samples) -> None:
    people = story.people
    good, noisy, failing = people["author"], people["radiologist"], people["researcher"]
    read_the_draft(story, good)
    team_up(story, good, noisy, failing)
    limits = {"limit_attempted": "1", "limit_attempted_days": "1"}
    organizing.open_phase(story.organizer, story.phase, **limits)

    waiting = shell_image(WAITS).write(samples.folder / "waits.tar")
    algorithm = competing.make_algorithm(failing, title=FAILING, container=waiting)
    lost = submit(failing, story.phase, algorithm=FAILING)
    runs = {}
    for person, title, name in ((good, GOOD, "nodules"), (noisy, NOISY, "nodules-naive")):
        container = portal.containers / f"{name}.tar"
        competing.make_algorithm(person, title=title, container=container)
        runs[person.name] = submit(person, story.phase, algorithm=title)

    lose_a_case(story, failing, lost, portal=portal)
    container = shell_image(FAILS).write(samples.folder / "fails.tar")
    competing.add_version(failing, algorithm, container=container)
    fail(story, failing, stranger=good)
    be_refused(story, failing)
    for person in (good, noisy):
        person.open(runs[person.name])
        assert person.wait_for_state() == "SUCCEEDED", person.text
        assert not any(name in person.text for name in NAMES), person.text
    compare(story, good, noisy, failing)
    amend(story, reader=noisy)
    take_it_along(story)


def read_the_draft(story: Story, reader: Person) -> None:
    """The design stands there before anybody can submit, and can still be edited."""
    story.organizer.open(f"{story.challenge}design/")
    expect(story.organizer.page.get_by_role("main")).to_contain_text("every nodule of 6 mm")
    story.see(story.organizer, "design")
    page = reader.open(f"{story.challenge}design/")
    expect(page.get_by_role("main")).to_contain_text("Not frozen")
    reader.open(story.challenge)
    expect(page.get_by_role("main")).to_contain_text("Draft")
    assert page.get_by_role("link", name="Submit", exact=True).count() == 0


def team_up(story: Story, good: Person, noisy: Person, failing: Person) -> None:
    """Three leaders make their teams; one brings in a colleague."""
    for leader, title in ((good, "Alveoli"), (noisy, "Bronchi"), (failing, "Carina")):
        competing.make_team(leader, story.challenge, title=title)
    colleague = story.people["admin"]
    share(story.organizer, f"{story.challenge}people/", name=colleague.name, role="Participant")
    competing.bring_in(good, colleague, story.challenge)
    good.open(f"{story.challenge}teams/")
    story.see(good, "teams")


def lose_a_case(story: Story, author: Person, evaluation: str, *, portal: Portal) -> None:
    """The portal loses a running case for good; the attempt is given back, and the page says so."""
    page = author.open(evaluation)
    expect(page.locator("#cases [data-state=EXECUTING]")).to_be_visible(timeout=240_000)
    competing.lose_worker(portal, author.pk)
    assert author.wait_for_state() == "FAILED"
    main = page.get_by_role("main")
    expect(main.locator("[data-reason]")).to_contain_text("The portal failed on case 1")
    expect(main).to_contain_text("A fault of the portal")
    expect(main).to_contain_text("Hand it in again; this attempt does not count.")
    story.see(author, "given-back")
    author.open(f"{story.phase}submit/")
    expect(main).to_contain_text("1 in 24 h: 0 used, 1 left")


def fail(story: Story, author: Person, *, stranger: Person) -> None:
    """Their own container fails: they read why, and nothing of the hidden cases."""
    evaluation = submit(author, story.phase, algorithm=FAILING)
    assert author.wait_for_state() == "FAILED"
    page = author.page
    expect(page.locator("[data-reason]")).to_have_text(TOLD)
    expect(page.get_by_role("main")).to_contain_text("Open case 1 below for the reason.")
    story.see(author, "failed")
    author.press("Case 1")
    log = page.locator("[data-case-log]")
    expect(log).to_contain_text("Not enough memory for this")
    expect(log).to_contain_text("▒▒▒")
    assert not any(name in author.text for name in NAMES), author.text
    assert UUID.search(author.text) is None, author.text
    story.see(author, "masked-log")
    assert stranger.status_of(evaluation) == 404


def be_refused(story: Story, author: Person) -> None:
    """The day's attempt is spent: the form says when the next one is possible."""
    page = author.open(f"{story.phase}submit/")
    expect(page.locator("[data-again]")).to_contain_text("You may submit again in 24 h, at")
    author.press("Submit")
    expect(page.locator("main form")).to_contain_text("used all attempted submissions")
    story.see(author, "refused")


def compare(story: Story, good: Person, noisy: Person, failing: Person) -> None:
    """Good stands above noisy; who failed is not ranked and reads why, which others do not."""
    page = noisy.open(story.phase)
    rows = page.locator("#leaderboard tbody tr")
    expect(rows).to_have_count(2)
    for row, rank, team in zip(rows.all(), ("1", "2"), ("Alveoli", "Bronchi"), strict=True):
        assert row.get_attribute("data-rank") == rank
        expect(row).to_contain_text(team)
    expect(page.locator("#unranked")).to_have_count(0)
    failing.open(story.phase)
    expect(failing.page.locator("#unranked tbody tr").first).to_contain_text(TOLD)
    story.see(failing, "leaderboard")
    good.open(f"{story.phase}submissions/")
    story.see(good, "submissions")
    story.organizer.open(f"{story.challenge}dashboard/")
    failures = story.organizer.page.locator("#failures tbody")
    expect(failures).to_contain_text("The submitted container")
    expect(failures).to_contain_text("The portal")
    story.see(story.organizer, "dashboard")


def amend(story: Story, *, reader: Person) -> None:
    """The design is frozen: a change is dated, public and announced."""
    organizing.declare(story.organizer, story.challenge, test_cases="2", reason=REASON)
    page = reader.open(f"{story.challenge}design/")
    amendment = page.get_by_role("main").locator(".card").filter(has_text=REASON)
    expect(amendment).to_contain_text("20")
    expect(amendment.locator("del")).to_have_text("3")
    expect(amendment.locator("ins")).to_have_text("2")
    story.see(reader, "amendment")
    reader.open(f"{story.challenge}announcements/")
    expect(page.get_by_role("main")).to_contain_text("The declared design was amended")


def take_it_along(story: Story) -> None:
    """What is exported is what the pages show, in every format."""
    organizer = story.organizer
    everything = organizing.export(organizer, story.challenge, "everything.json")
    page = organizer.open(story.phase)
    shown = [
        (row.get_attribute("data-rank"), float(row.get_attribute("data-score") or "nan"))
        for row in page.locator("#leaderboard tbody tr").all()
    ]
    ranked = sorted(
        (str(row["rank"]), round(row["score"], 6))
        for row in everything["evaluations"]
        if row["rank"]
    )
    assert ranked == shown
    assert TOLD in {row["reason"] for row in everything["evaluations"]}
    refunds = sorted(row["refund"] for row in everything["submissions"])
    assert refunds == ["", "", "", "PLATFORM"]
    assert {row["name"] for row in everything["teams"]} == {"Alveoli", "Bronchi", "Carina"}
    amended = [row["reason"] for row in everything["design"] if row["amendment"]]
    assert amended == [REASON]
    for table in ("submissions", "evaluations", "design"):
        rows = organizing.export(organizer, story.challenge, f"{table}.json")
        assert rows == everything[table], table
        cells = organizing.export(organizer, story.challenge, f"{table}.csv")
        assert [row["reason"] for row in cells] == [row["reason"] for row in rows], table
