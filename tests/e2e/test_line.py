"""From a DICOM folder to a leaderboard: the five personas at the real pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.competing import make_algorithm
from tests.e2e.looking import Viewer, colored, middle_of
from tests.e2e.people import People, Person, share
from tests.e2e.portal import Portal
from tests.e2e.samples import SHAPE, Samples

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("quiet"),
]

MARK = uuid4().hex[:6]  # a kept state folder has earlier runs' objects
ARCHIVE = f"Chest CT {MARK}"
NODULE_FINDER = "Lung nodule finder"
GOOD, WORSE = f"Good threshold {MARK}", f"Worse threshold {MARK}"


@dataclass(frozen=True)
class Imported:
    """An archive that the researcher made and filled through the pages."""

    archive: str
    import_page: str
    state: str

    @property
    def path(self) -> str:
        return f"/archives/{self.archive}/"


@pytest.fixture(scope="module")
def imported(people: People, samples: Samples) -> Imported:
    """Step 1: a new archive, a dropped folder with two bad files, access for two colleagues."""
    researcher = people["researcher"]
    archive, import_page, state = make_archive(researcher, title=ARCHIVE, files=samples.mixed)
    share(researcher, f"/archives/{archive}/people/", name="author", role="User")
    share(researcher, f"/archives/{archive}/people/", name="radiologist", role="User")
    return Imported(archive=archive, import_page=import_page, state=state)


def test_a_folder_becomes_a_case_and_every_bad_file_is_named(
    people: People, imported: Imported
) -> None:
    researcher = people["researcher"]
    assert imported.state == "PARTIAL"
    page = researcher.open(imported.import_page)
    expect(page.locator("tr[data-image]")).to_have_count(1)
    expect(page.locator("tr[data-image]")).to_contain_text("128 × 128 × 40")
    problems = page.locator("#problems tbody tr")
    expect(problems).to_have_count(2)
    for name in ("notes.dcm", "truncated.dcm"):
        cells = problems.filter(has_text=name).locator("td").all_inner_texts()
        assert all(cell.strip() for cell in cells), cells
    researcher.open(imported.path)
    expect(page.locator("tr[data-item]")).to_have_count(1)


def test_a_colleague_sees_the_archive_and_a_stranger_does_not(
    people: People, imported: Imported
) -> None:
    item = item_of(people["researcher"], imported)
    places = [
        imported.path,
        f"/archives/{imported.archive}/people/",
        imported.import_page,
        f"/view/archive-item/{item}/",
    ]
    assert [people["organizer"].status_of(place) for place in places] == [404] * 4
    colleague = people["author"].open(imported.path)
    expect(colleague.locator("tr[data-item]")).to_have_count(1)
    assert people["author"].status_of(places[-1]) == 200


def test_the_viewer_shows_scrolls_windows_and_reads_values(
    people: People, imported: Imported
) -> None:
    researcher = people["researcher"]
    page = researcher.open(f"/view/archive-item/{item_of(researcher, imported)}/")
    viewer = Viewer(page)
    middle = viewer.get("index")
    assert (viewer.get("plane"), viewer.get("count")) == ("axial", SHAPE[0])
    lung = viewer.picture()
    assert middle_of(lung).std() > 10, "the picture is flat"

    viewer.point()
    page.mouse.wheel(0, 100)
    viewer.wait(f"viewer.index !== {middle} && viewer.complete")
    page.keyboard.press("Home")
    viewer.wait("viewer.index === 0 && viewer.complete")
    assert not np.array_equal(viewer.picture(), lung)

    page.keyboard.press("v")
    page.get_by_role("radio", name="Bone").check()
    page.keyboard.press("Escape")
    viewer.wait("viewer.window.center === 500 && viewer.window.width === 2000")
    before = viewer.get("window")
    viewer.point()
    page.mouse.down()
    viewer.point(right=60, down=30)
    page.mouse.up()
    assert viewer.get("window") != before

    for key, plane, count in (("c", "coronal", SHAPE[1]), ("s", "sagittal", SHAPE[2])):
        page.keyboard.press(key)
        viewer.wait(f"viewer.plane === '{plane}' && viewer.count === {count} && viewer.complete")
        assert middle_of(viewer.picture()).std() > 10
    page.keyboard.press("a")
    page.keyboard.press("f")
    viewer.wait("viewer.plane === 'axial' && viewer.complete")
    zoom = viewer.get("zoom")
    page.keyboard.press("+")
    viewer.wait(f"viewer.zoom > {zoom}")


def test_the_readout_tells_the_value_under_the_mouse(
    people: People, imported: Imported, samples: Samples
) -> None:
    researcher = people["researcher"]
    page = researcher.open(f"/view/archive-item/{item_of(researcher, imported)}/")
    viewer = Viewer(page)
    viewer.point(right=-40, down=25)
    viewer.wait("viewer.cursor && viewer.cursor.exact")
    cursor = viewer.get("cursor")
    x, y, z = (round(part) for part in cursor["voxel"])
    assert cursor["value"] == [samples.phantom.volume[z, y, x]]
    shown = page.locator("[data-corner=se]").inner_text()
    assert shown.startswith(f"{cursor['value'][0]} HU".replace("-", "−")), shown


def test_a_radiologist_reads_and_the_editor_counts(people: People, imported: Imported) -> None:
    researcher, radiologist = people["researcher"], people["radiologist"]
    study = make_study(researcher, imported)
    share(researcher, f"{study}people/", name="radiologist", role="Reader")

    page = radiologist.open(study)
    radiologist.press("Start reading")
    viewer = Viewer(page)
    assert middle_of(viewer.picture()).std() > 10
    panel = page.locator("#reading-panel")
    panel.get_by_role("button", name="Save and next case").click()
    expect(panel.get_by_role("status").or_(panel.get_by_role("alert")).first).not_to_be_empty()
    panel.get_by_label("Yes").check()
    panel.get_by_role("textbox", name="How many?").fill("three")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.locator(".has-error")).to_have_count(1)
    expect(panel.get_by_role("textbox", name="How many?")).to_have_value("three")
    panel.get_by_role("textbox", name="How many?").fill("3")
    panel.get_by_label("Sharp").check()
    panel.get_by_role("textbox", name="Remarks").fill("A ring artifact; otherwise fine.")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_role("status")).to_have_text("Saved")
    page.reload()
    expect(panel.get_by_role("textbox", name="How many?")).to_have_value("3")
    panel.get_by_role("button", name="Save and next case").click()
    page.wait_for_url(f"**{study}")
    expect(page.get_by_role("main")).to_contain_text("1 of 1 cases")

    assert radiologist.status_of(f"{study}statistics/") == 404
    page = researcher.open(f"{study}statistics/")
    expect(page.get_by_role("main")).to_contain_text("3.00")
    with page.expect_download() as download:
        researcher.press("Export answers (CSV)")
    table = download.value.path().read_text("utf-8-sig")
    assert "A ring artifact; otherwise fine." in table
    assert "radiologist" in table


def test_the_author_runs_an_algorithm_and_sees_the_overlay(
    people: People, imported: Imported
) -> None:
    author = people["author"]
    page = author.open("/algorithms/")
    page.get_by_role("link", name=NODULE_FINDER, exact=True).click()
    author.press("Try it out")
    author.press(f"Choose {ARCHIVE}")
    page.get_by_role("checkbox").first.check()
    run = author.send("Run")
    log = page.locator("#job-log")
    expect(log).not_to_be_empty(timeout=120_000)
    assert author.wait_for_state() == "SUCCEEDED"
    expect(log).to_contain_text("nodule", ignore_case=True)
    assert re.fullmatch(r"/algorithms/runs/[0-9a-f-]{36}/", run)
    author.press("Open the result in the viewer")
    viewer = Viewer(page)
    viewer.wait("viewer.overlays.layers.length === 1")
    assert viewer.show_overlay() > 0
    page.keyboard.press("o")
    viewer.wait("!viewer.overlays.shown")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert colored(viewer.picture()) == 0


def test_two_algorithms_compete(people: People, portal: Portal, samples: Samples) -> None:
    organizer, author = people["organizer"], people["author"]
    hidden, import_page, state = make_archive(
        organizer, title=f"Hidden {MARK}", files=samples.series
    )
    assert state == "SUCCEEDED"
    challenge, phase = make_phase(organizer, hidden)
    organizer.press("Upload")
    organizer.choose_files(portal.containers / "dice-evaluation.tar")
    organizer.send("Upload")
    truth = ground_truth(organizer, import_page, samples)
    organizer.open(f"/challenges/phases/{phase}/ground-truth/")
    organizer.choose_files(truth)
    organizer.send("Upload")
    assert organizer.wait_for_state() == "READY"
    expect(organizer.page.get_by_role("main")).to_contain_text("This phase is ready")
    assert author.status_of(f"/archives/{hidden}/") == 404

    assert author.status_of(f"/challenges/phases/{phase}/submit/") == 404
    for person, title, name in (
        (people["researcher"], WORSE, "otsu-naive"),
        (author, GOOD, "otsu"),
    ):
        person.open(f"/challenges/{challenge}/")
        person.press("Take part")
        make_algorithm(person, title=title, container=portal.containers / f"{name}.tar")
        person.open(f"/challenges/phases/{phase}/submit/")
        person.page.get_by_label("Algorithm").select_option(title)
        person.send("Submit")
        assert person.wait_for_state() == "SUCCEEDED"
        assert "Thorax 31" not in person.text, "a hidden case's name leaks"
    page = author.open(f"/challenges/phases/{phase}/")
    rows = page.locator("#leaderboard tbody tr")
    expect(rows).to_have_count(2)
    ranked = [(row.get_attribute("data-rank"), row.inner_text()) for row in rows.all()]
    assert [rank for rank, _ in ranked] == ["1", "2"]
    assert GOOD in ranked[0][1]
    scores = [float(row.get_attribute("data-score") or "nan") for row in rows.all()]
    assert scores[0] >= 0.9
    assert scores[1] < scores[0]


def test_a_file_is_served_by_a_signed_address_alone(
    people: People, portal: Portal, imported: Imported
) -> None:
    researcher = people["researcher"]
    page = researcher.open(imported.path)
    page.locator("tr[data-item] a[href^='/images/']").first.click()
    link = page.get_by_role("main").locator("a[href^='/media/']").first.get_attribute("href")
    assert link is not None
    assert people["organizer"].status_of(link) == 404
    answer = researcher.context.request.get(portal.url + link, max_redirects=0)
    assert answer.status == 302
    signed = portal.url + answer.headers["location"].removeprefix(portal.url)
    assert {"Policy", "Signature", "Key-Pair-Id"} <= set(httpx.URL(signed).params) or {
        "Expires",
        "Signature",
        "Key-Pair-Id",
    } <= set(httpx.URL(signed).params)
    file = httpx.get(signed)
    assert file.status_code == 200
    assert b"ObjectType = Image" in file.content[:200]
    for wrong in (tampered(signed), signed.replace(".mha", ".tif", 1), signed.split("?")[0]):
        assert httpx.get(wrong).status_code in {403, 404}, wrong


def make_archive(person: Person, *, title: str, files: object) -> tuple[str, str, str]:
    """Make an archive and import a folder; return its id, the import's page and how it ended."""
    person.open("/archives/")
    person.press("New archive")
    person.fill(title=title, description="Made by the browser test.")
    person.send("Save")
    archive = person.pk
    person.choose_files(files, folder=True)  # type: ignore[arg-type]
    import_page = person.send("Upload and import")
    return archive, import_page, person.wait_for_state()


def item_of(person: Person, imported: Imported) -> str:
    page = person.open(imported.path)
    return str(page.locator("tr[data-item]").first.get_attribute("data-item"))


def make_study(researcher: Person, imported: Imported) -> str:
    """Make a study of the archive's case with a question of each kind; return its path."""
    page = researcher.open("/reader-studies/")
    researcher.press("New reader study")
    researcher.fill(title=f"Reading {MARK}", instructions="Look twice.")
    page.get_by_label("answers may", exact=False).check()
    study = researcher.send("Save")
    researcher.press("Add cases")
    researcher.press(f"Choose {ARCHIVE}")
    page.get_by_role("checkbox").first.check()
    researcher.send("Add to the study")
    questions = (
        {"text": "A nodule?", "kind": "Yes or no"},
        {"text": "How many?", "kind": "Number"},
        {"text": "Quality", "kind": "Choice", "options": "Sharp\nBlurred"},
        {"text": "Remarks", "kind": "Text"},
    )
    for question in questions:
        researcher.press("Add a question")
        page.locator("[name=kind]").select_option(label=question["kind"])
        researcher.fill(**{key: value for key, value in question.items() if key != "kind"})
        researcher.send("Add")
    return study


def make_phase(organizer: Person, hidden: str) -> tuple[str, str]:
    """Make a challenge with one phase; return both ids, on the phase's set-up page."""
    page = organizer.open("/challenges/")
    organizer.press("New challenge")
    organizer.fill(title=f"Challenge {MARK}")
    page.locator("[name=public]").check()
    page.locator("[name=access_mode]").select_option("AUTOMATIC")
    organizer.send("Save")
    challenge = organizer.pk
    if not organizer.path.endswith("/phases/new/"):
        organizer.press("New phase")
    organizer.fill(title="Final", score_title="Dice", score_path="aggregates.dice.mean")
    page.locator("[name=archive]").select_option(hidden)
    organizer.send("Save")
    return challenge, organizer.pk


def ground_truth(organizer: Person, import_page: str, samples: Samples) -> object:
    """Download the hidden image and make its reference mask."""
    page = organizer.open(import_page)
    page.locator("tr[data-image] a").first.click()
    case = organizer.pk
    with page.expect_download() as download:
        page.get_by_role("main").locator("a[href$='.mha']").first.click()
    image = samples.folder / "hidden.mha"
    download.value.save_as(image)
    return samples.ground_truth(image, case=case)


def tampered(address: str) -> str:
    """Change one letter in the middle of the signature."""
    head, signature = address.split("Signature=")
    other = "A" if signature[20] != "A" else "B"
    return f"{head}Signature={signature[:20]}{other}{signature[21:]}"
