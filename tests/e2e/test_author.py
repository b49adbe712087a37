"""An author's day: bad images, a run to watch and cancel, one that fails, the fix, the public."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import Viewer
from tests.e2e.people import People, Person
from tests.e2e.portal import Portal
from tests.e2e.samples import Samples
from tests.e2e.soundness import look_at
from tests.factories.containers import ContainerRecipe, shell_image

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("quiet"),
]

MARK = uuid4().hex[:6]
TITLE = f"Threshold {MARK}"
ARCHIVE = "Thorax CT phantoms"
COUNTING = "i=0; while true; do echo step $i of many; i=$((i+1)); sleep 1; done"
FAILING = "echo Reading /input; echo No weights at /opt/ml/model >&2; exit 3"


@pytest.fixture(scope="module")
def author(people: People) -> Person:
    return people["author"]


@pytest.fixture(scope="module")
def algorithm(author: Person) -> str:
    """The path of a new algorithm that has no version."""
    page = author.open("/algorithms/new/")
    author.fill(title=TITLE)
    page.locator("[name=inputs][value=medical-image]").check()
    page.locator("[name=outputs][value=segmentation]").check()
    author.send("Save")
    return f"/algorithms/{author.pk}/"


def test_a_day(
    people: People,
    author: Person,
    algorithm: str,
    portal: Portal,
    samples: Samples,
    screenshots: Path,
) -> None:
    page = author.page
    for name, container, reason in bad_images(samples):
        assert upload(author, algorithm, container) == "INVALID", name
        expect(page.locator("[data-reason]").first).to_contain_text(reason, ignore_case=True)
    look_at(page, "author-refused", folder=screenshots)
    author.open(f"{algorithm}run/")
    expect(page.get_by_role("main")).to_contain_text("No version can run yet")

    counting = shell_image(COUNTING).write(samples.folder / "counting.tar")
    assert upload(author, algorithm, counting) == "READY"
    start(author, algorithm, screenshots=screenshots)
    watch_and_cancel(author, screenshots=screenshots)

    failing = shell_image(FAILING).write(samples.folder / "failing-author.tar")
    assert upload(author, algorithm, failing) == "READY"
    start(author, algorithm)
    assert author.wait_for_state() == "FAILED"
    expect(page.locator("[data-reason]")).to_contain_text("No weights at /opt/ml/model")
    look_at(page, "author-failed", folder=screenshots)
    failed = author.path

    assert upload(author, algorithm, portal.containers / "otsu.tar") == "READY"
    author.open(failed)
    author.press("Run again")
    expect(page.get_by_label("Version").locator("option").first).to_contain_text("Version 6")
    author.send("Run")
    assert author.wait_for_state() == "SUCCEEDED", author.text
    look_at(page, "author-succeeded", folder=screenshots)
    run = author.path

    publish(author, algorithm)
    share(people, author, run, screenshots=screenshots)
    author.open(run)
    author.press("Open the result in the viewer")
    viewer = Viewer(page)
    viewer.wait("viewer.overlays.layers.length === 1")
    assert viewer.show_overlay() > 0


def bad_images(samples: Samples) -> list[tuple[str, Path, str]]:
    """Three archives that are refused, and a word of why."""
    foreign = ContainerRecipe(entrypoint=["/bin/true"], architecture="arm64")
    return [
        ("root", samples.root_image, "root"),
        ("foreign", foreign.write(samples.folder / "arm.tar"), "arm64"),
        ("none", samples.no_image_tar, "no container image"),
    ]


def upload(author: Person, algorithm: str, container: Path) -> str:
    """Upload the next version; return how its checks ended."""
    author.open(f"{algorithm}versions/add/")
    author.choose_files(container)
    author.send("Upload and check")
    return author.wait_for_state()


def start(author: Person, algorithm: str, *, screenshots: Path | None = None) -> None:
    """Run on the first case of the demo's archive; land on the run's page."""
    page = author.open(algorithm)
    author.press("Try it out")
    if screenshots is not None:
        look_at(page, "author-choose", folder=screenshots)
    author.press(f"Choose {ARCHIVE}")
    before = page.locator("[data-before]")
    for words in ("A run costs", "Under way", "Limits of a run"):
        expect(before).to_contain_text(words)
    if screenshots is not None:
        look_at(page, "author-try-out", folder=screenshots)
    page.get_by_role("checkbox").first.check()
    author.send("Run")


def watch_and_cancel(author: Person, *, screenshots: Path) -> None:
    """See the log grow while it runs, search it, and stop the container."""
    page, log = author.page, author.page.locator("#job-log")
    expect(log).to_contain_text("step 3 of many", timeout=120_000)
    page.get_by_placeholder("Search the log").fill("step 2 of")
    page.keyboard.press("Enter")
    expect(page.locator("[data-log-found]")).to_have_text("1 of 1")
    expect(page.locator(".usage figcaption")).to_contain_text("Memory", timeout=60_000)
    look_at(page, "author-running", folder=screenshots)
    assert log.inner_text().count("step 3 of many") == 1, "nothing is written twice"
    page.once("dialog", lambda dialog: dialog.accept())
    author.press("Cancel")
    assert author.wait_for_state(seconds=60) == "CANCELLED"
    look_at(page, "author-cancelled", folder=screenshots)


def publish(author: Person, algorithm: str) -> None:
    """Fill in what is asked for, and let everybody run it."""
    author.open(f"{algorithm}edit/")
    author.fill(
        summary="Marks what is denser than its surroundings.",
        mechanism="Otsu's threshold.",
        contact_email="author@example.org",
    )
    author.send("Save")
    author.press("Publish")
    expect(author.page.get_by_role("main")).to_contain_text("Everybody who is signed in may run it")


def share(people: People, author: Person, run: str, *, screenshots: Path) -> None:
    """Let a colleague see the run, and no longer."""
    colleague = people["radiologist"]
    assert colleague.status_of(run) == 404
    page = author.open(run)
    page.get_by_label("Add by user name or e-mail address").fill("radiologist")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".people-list")).to_contain_text("radiologist")
    look_at(page, "author-shared", folder=screenshots)
    assert colleague.status_of(run) == 200
