"""The steps, as the people of the demo would take them."""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from app.web.walkthrough.browser import Browser, reason_in, state_of
from app.web.walkthrough.errors import StepFailed
from app.web.walkthrough.reference import otsu_mask, pack_ground_truth

ITEM = re.compile(r'data-item="([0-9a-f-]{36})"')
IMAGE = re.compile(r'data-image="([0-9a-f-]{36})"')
MHA = re.compile(r'href="(/media/images/[^"]+\.mha)"')
ROW = re.compile(r'<tr data-rank="(\d+)" data-score="([^"]+)"[^>]*>(.*?)</tr>', re.S)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
COMPETITORS = {"good": "author", "worse": "researcher"}
"""Who hands in which algorithm: a leaderboard has one place for each."""


@dataclass
class Walkthrough:
    """Steps 1, 4 and 5 of the line through the product, on the files of one folder."""

    base_url: str
    password: str
    folder: Path
    containers: Path
    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    people: dict[str, Browser] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Return (name, step) in order; a step returns what it saw."""
        yield "sign in", self.sign_in
        yield "import", self.import_images
        yield "share", self.share
        yield "hidden test set", self.import_hidden
        yield "reference", self.make_reference
        yield "algorithms", self.upload_algorithms
        yield "run", self.run
        yield "challenge", self.make_challenge
        yield "submit the good one", lambda: self.submit("good")
        yield "submit the worse one", lambda: self.submit("worse")
        yield "leaderboard", self.check_leaderboard

    def sign_in(self) -> str:
        """Everybody signs in."""
        for name in ("researcher", "author", "organizer", "radiologist"):
            self.people[name] = Browser(self.base_url)
            self.people[name].sign_in(name, self.password)
        return f"{len(self.people)} people"

    def import_images(self) -> str:
        """The researcher makes an archive and drops the folder."""
        return self._import("researcher", "archive", f"Walkthrough {self.mark}")

    def share(self) -> str:
        """The researcher gives the author access; a stranger finds nothing."""
        pk = _uuid(self.places["archive"])
        self.people["researcher"].post(
            f"/people/archive/{pk}/add/",
            page=f"/archives/{pk}/people/",
            username="author",
            role="USER",
            next=f"/archives/{pk}/people/",
        )
        self.people["author"].get(f"/archives/{pk}/")
        answer = self.people["radiologist"].http.get(f"/archives/{pk}/")
        if answer.status_code != 404:
            raise StepFailed(f"A stranger got {answer.status_code} for the archive.")
        return "the colleague sees it, a stranger gets 404"

    def import_hidden(self) -> str:
        """The organizer makes the hidden test archive of the same files."""
        return self._import("organizer", "hidden", f"Hidden test set {self.mark}")

    def make_reference(self) -> str:
        """The organizer computes the ground truth, independently of every container."""
        organizer = self.people["organizer"]
        with tempfile.TemporaryDirectory() as scratch:
            masks = {}
            for pk in self.places["hidden-images"].split(","):
                page = organizer.get(f"/images/{pk}/").text
                found = MHA.search(page)
                if found is None:
                    raise StepFailed(f"Image {pk} offers no MetaImage file.")
                image = Path(scratch) / f"{pk}.mha"
                image.write_bytes(organizer.get(found.group(1)).content)
                masks[pk] = Path(scratch) / f"{pk}-mask.mha"
                otsu_mask(image, mask=masks[pk])
            archive = Path(scratch) / "ground-truth.tar.gz"
            pack_ground_truth(masks, archive=archive)
            self.places["truth"] = organizer.upload([archive])
        return f"{len(masks)} masks by SimpleITK's Otsu threshold"

    def upload_algorithms(self) -> str:
        """Two people make an algorithm each and wait for its checks."""
        for key, name in (("good", "otsu"), ("worse", "otsu-naive")):
            author = self.people[COMPETITORS[key]]
            page = author.fill(
                "/algorithms/new/",
                title=f"Otsu {key} {self.mark}",
                inputs="medical-image",
                outputs="segmentation",
            )
            self.places[key] = _uuid(page)
            upload = author.upload([self.containers / f"{name}.tar"])
            page = author.fill(page, uploads=upload, comment="walkthrough")
            text = author.wait(page, seconds=120)
            if state_of(text) != "READY":
                raise StepFailed(f"The container was refused: {reason_in(text)}")
        return "2 containers checked and ready"

    def run(self) -> str:
        """The author tries the good one out on the shared archive."""
        author = self.people["author"]
        item = ITEM.search(author.get(self.places["archive"]).text)
        if item is None:
            raise StepFailed("The author sees no case in the shared archive.")
        archive = _uuid(self.places["archive"])
        address = f"/algorithms/{self.places['good']}/run/?archive={archive}"
        page = author.fill(address, items=item.group(1))
        text = author.wait(page, seconds=600)
        if state_of(text) != "SUCCEEDED":
            raise StepFailed(f"The run ended {state_of(text)}: {reason_in(text)}")
        author.get(f"/view/run/{_uuid(page)}/")
        return "the result opens in the viewer"

    def make_challenge(self) -> str:
        """The organizer makes a challenge with one phase and invites those who compete."""
        organizer = self.people["organizer"]
        page = organizer.fill("/challenges/new/", title=f"Challenge {self.mark}")
        challenge = _uuid(page)
        setup = organizer.fill(
            page,
            title="Final",
            archive=_uuid(self.places["hidden"]),
            score_title="Dice",
            score_path="aggregates.dice.mean",
            direction="HIGHER",
            limit_successful="5",
        )
        phase = self.places["phase"] = _uuid(setup)
        method = organizer.upload([self.containers / "dice-evaluation.tar"])
        organizer.fill(f"/challenges/phases/{phase}/method/", uploads=method)
        organizer.fill(f"/challenges/phases/{phase}/ground-truth/", uploads=self.places["truth"])
        text = organizer.wait(setup, seconds=120)
        if state_of(text) != "READY":
            raise StepFailed(f"The evaluation container was refused: {reason_in(text)}")
        for name in COMPETITORS.values():
            organizer.post(
                f"/people/challenge/{challenge}/add/",
                page=f"/challenges/{challenge}/people/",
                username=name,
                role="PARTICIPANT",
            )
        return "one phase, evaluation container and ground truth in place"

    def submit(self, key: str) -> str:
        """One of them hands an algorithm in and waits for its evaluation."""
        author = self.people[COMPETITORS[key]]
        page = author.fill(
            f"/challenges/phases/{self.places['phase']}/submit/", algorithm=self.places[key]
        )
        text = author.wait(page, seconds=900)
        if state_of(text) != "SUCCEEDED":
            organizer = self.people["organizer"].get(page).text
            raise StepFailed(f"The evaluation ended {state_of(text)}: {reason_in(organizer)}")
        return "evaluated"

    def check_leaderboard(self) -> str:
        """The good one must be first with Dice >= 0.9, the worse one second and lower."""
        page = self.people["author"].get(f"/challenges/phases/{self.places['phase']}/").text
        rows = ROW.findall(page)
        if len(rows) != 2:
            raise StepFailed(f"The leaderboard has {len(rows)} rows, not 2.")
        (first, best, first_row), (second, other, second_row) = rows
        in_order = f"good {self.mark}" in first_row and f"worse {self.mark}" in second_row
        if (first, second) != ("1", "2") or not in_order:
            raise StepFailed("The leaderboard does not rank the good one first.")
        self.scores = {"good": float(best), "worse": float(other)}
        if self.scores["good"] < 0.9 or self.scores["worse"] >= self.scores["good"]:
            raise StepFailed(f"The scores are {best} and {other}.")
        return f"Dice {float(best):.4f} before {float(other):.4f}"

    def _import(self, who: str, place: str, title: str) -> str:
        person = self.people[who]
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        if not files:
            raise StepFailed(f"There are no files in {self.folder}.")
        form = person.fill("/archives/new/", title=title)
        self.places[place] = f"/archives/{_uuid(form)}/"
        page = person.fill(form, uploads=person.upload(files))
        text = person.wait(page, seconds=600)
        images = IMAGE.findall(text)
        if state_of(text) not in {"SUCCEEDED", "PARTIAL"} or not images:
            raise StepFailed(f"The import ended {state_of(text)} with {len(images)} images.")
        self.places[f"{place}-images"] = ",".join(images)
        return f"{len(files)} files, {len(images)} images"


def _uuid(path: str) -> str:
    found = UUID.search(path)
    if found is None:
        raise StepFailed(f"{path} does not name an object.")
    return found.group(0)
