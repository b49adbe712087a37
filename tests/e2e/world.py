"""What the pages are looked at with: the demo, and objects in every state that a page can show.

Made over HTTP by the people who would make them, once for all page tests.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from app.web.walkthrough.browser import Browser, state_of
from tests.e2e.portal import PASSWORD, Portal
from tests.e2e.samples import Samples
from tests.factories.containers import shell_image

LONG = (
    "Low-dose chest CT of the Otorhinolaryngological-Pneumological Screening Cohort 2019–2026, "
    "second reading with iterative_reconstruction_kernel_B70f_medium_sharp"
)
UUID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
# A kept state folder has the objects of earlier runs, and some titles are unique.
MARK = f" {uuid4().hex[:6]}" if os.environ.get("HOUNSFIELD_E2E_HOME") else ""
WORK_LIMIT = 300.0


@dataclass
class World:
    """Identifiers by name, as `sitemap.VISITS` uses them in addresses."""

    portal: Portal
    samples: Samples
    people: dict[str, Browser] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def build(self) -> dict[str, str]:
        """Make everything; long work is started first and awaited last."""
        self._find_the_demo()
        waiting = [self._start_run(), self._start_failing_run(), self._start_batch()]
        self._make_empty_things()
        self._make_viewing_things()
        self._ask_for_access()
        self._propose()
        self._read_cases()
        waiting.append(self._import_with_problems())
        page = self.person("admin").get("/inbox/mail/").text
        self.places["message"] = _first(rf'href="/inbox/mail/({UUID})/"', page)
        for wait in waiting:
            wait()
        self._wait_for_the_leaderboards()
        return self.places

    def person(self, name: str) -> Browser:
        if name not in self.people:
            browser = Browser(self.portal.url)
            browser.sign_in(name, PASSWORD)
            self.people[name] = browser
        return self.people[name]

    def _find_the_demo(self) -> None:
        places = self.places
        places["archive"] = self._listed("researcher", "/archives/", "Thorax CT phantoms")
        page = self.person("researcher").get(f"/archives/{places['archive']}/").text
        row = next(row for row in page.split("<tr ") if "512 × 512 × 120" in row)
        places["item"] = _first(rf'data-item="({UUID})"', row)
        places["image"] = _first(rf'href="/images/({UUID})/"', row)
        places["study"] = self._listed("radiologist", "/reader-studies/", "Nodules in thorax")
        page = self.person("radiologist").get(f"/reader-studies/{places['study']}/").text
        places["case"] = _first(rf'href="/view/display-set/({UUID})/"', page)
        page = self.person("researcher").get(f"/reader-studies/{places['study']}/").text
        places["question"] = _first(rf'href="/reader-studies/questions/({UUID})/edit/"', page)
        places["algorithm"] = self._listed("author", "/algorithms/", "Lung nodule finder")
        page = self.person("author").get(f"/algorithms/{places['algorithm']}/").text
        places["version"] = _first(rf'href="/algorithms/versions/({UUID})/"', page)
        places["challenge"] = self._listed("author", "/challenges/", "Nodule phantom challenge")
        page = self.person("author").get(f"/challenges/{places['challenge']}/").text
        places["phase"] = _first(rf'href="/challenges/phases/({UUID})/"', page)
        of_files = page[page.index("Large nodules by report") :]
        places["file_phase"] = _first(rf'href="/challenges/phases/({UUID})/"', of_files)

    def _listed(self, person: str, path: str, title: str) -> str:
        page = self.person(person).get(path).text
        return _first(rf'href="{path}({UUID})/"[^>]*>{re.escape(title)}', page)

    def _start_run(self) -> Callable[[], None]:
        algorithm = self.places["algorithm"]
        return self._run("run", algorithm, by="author", expected="SUCCEEDED")

    def _start_batch(self) -> Callable[[], None]:
        """Every case of the demo's archive."""
        author = self.person("author")
        address = f"/algorithms/{self.places['algorithm']}/run/?archive={self.places['archive']}"
        page = author.fill(address, scope="all", again="on", confirmed="yes")
        self.places["batch"] = _first(UUID, page)

        def wait() -> None:
            author.wait(page, seconds=WORK_LIMIT, until=lambda text: "Cancel the rest" not in text)

        return wait

    def _start_failing_run(self) -> Callable[[], None]:
        """A version that is refused, then one that runs and fails."""
        admin = self.person("admin")
        page = admin.fill(
            "/algorithms/new/",
            title=f"Segmentation{MARK} for {LONG}",
            description="Its first version is refused, its second one fails.",
            inputs="medical-image",
            outputs="segmentation",
        )
        pk = self.places["failing_algorithm"] = _first(UUID, page)
        refused = self._add_version(page, self.samples.root_image)
        self.places["refused_version"] = _first(UUID, refused)
        script = "echo Reading /input; echo No weights at /opt/ml/model >&2; exit 3"
        failing = shell_image(script).write(self.samples.folder / "failing.tar")
        self._add_version(f"/algorithms/{pk}/versions/add/", failing)
        return self._run("failed_run", pk, by="admin", expected="FAILED")

    def _add_version(self, page: str, container: Path) -> str:
        admin = self.person("admin")
        shown = admin.fill(page, uploads=admin.upload([container]), comment="")
        admin.wait(shown, seconds=60)
        return shown

    def _run(self, name: str, algorithm: str, *, by: str, expected: str) -> Callable[[], None]:
        person = self.person(by)
        address = f"/algorithms/{algorithm}/run/?archive={self.places['archive']}"
        page = person.fill(address, items=self.places["item"])
        self.places[name] = _first(UUID, page)

        def wait() -> None:
            text = person.wait(page, seconds=WORK_LIMIT)
            assert state_of(text) == expected, text

        return wait

    def _make_viewing_things(self) -> None:
        admin = self.person("admin")
        three = (
            '[{"viewport_name": "main", "x": 0, "y": 0, "w": 2, "h": 2, "label": "T2"},'
            ' {"viewport_name": "secondary", "x": 2, "y": 0, "w": 1, "h": 1},'
            ' {"viewport_name": "tertiary", "x": 2, "y": 1, "w": 1, "h": 1}]'
        )
        made = admin.fill("/view/protocols/new/", title=f"Prostate for {LONG}", json=three)
        self.places["protocol"] = _first(UUID, made)
        made = admin.fill(
            "/view/configurations/new/",
            title=f"Reading of {LONG}",
            window_presets="Liver: 60 160",
            keeps_layout="on",
        )
        self.places["configuration"] = _first(UUID, made)

    def _make_empty_things(self) -> None:
        author, organizer = self.person("author"), self.person("organizer")
        researcher, admin = self.person("researcher"), self.person("admin")
        self.places["empty_archive"] = _first(
            UUID, researcher.fill("/archives/new/", title="Knee MRI, pilot")
        )
        self.places["empty_study"] = _first(
            UUID, admin.fill("/reader-studies/new/", title=f"Reading of {LONG}")
        )
        self.places["empty_algorithm"] = _first(
            UUID,
            author.fill(
                "/algorithms/new/",
                title=f"Lobe segmentation{MARK}",
                inputs="medical-image",
                outputs="segmentation",
            ),
        )
        folder = self.samples.folder / "weights.tar.gz"
        with tarfile.open(folder, "w:gz") as weights:
            weights.add(__file__, "weights.bin")
        address = f"/algorithms/{self.places['empty_algorithm']}/models/add/"
        model = author.fill(
            address, uploads=author.upload([folder]), comment="Trained on 2026 data"
        )
        author.wait(model, seconds=60)
        self.places["model"] = _first(UUID, model)
        page = admin.fill("/organizations/new/", title=f"Society{MARK} for {LONG}", country="SE")
        self.places["organization"] = _first(UUID, page)
        page = admin.fill("/challenges/new/", title=f"Challenge{MARK} on {LONG}")
        self.places["empty_challenge"] = _first(UUID, page)
        page = organizer.fill(
            "/challenges/new/", title=f"Lung lobes 2027{MARK}", description="Which lobe is it?"
        )
        challenge = _first(UUID, page)
        hidden = self._listed("organizer", "/archives/", "Hidden nodule test set")
        page = organizer.fill(
            f"/challenges/{challenge}/phases/new/",
            title="Preliminary",
            archive=hidden,
            score_title="Mean Dice over all lobes",
            score_path="aggregates.dice.mean",
            direction="HIGHER",
            limit_successful="5",
        )
        self.places["new_phase"] = _first(UUID, page)

    def _ask_for_access(self) -> None:
        """A listed archive of the researcher's, and the radiologist who asks for it.

        The researcher wants mail at once, so that there is a message to look at.
        """
        self.person("researcher").post("/inbox/settings/", mail_preference="INSTANT")
        page = self.person("researcher").fill(
            "/archives/new/",
            title="Screening CT, second round",
            description="Low-dose chest CT of 250 participants, with nodule annotations.",
            listed="on",
        )
        pk = self.places["listed_archive"] = _first(UUID, page)
        card = f"/discover/archive/{pk}/"
        message = "I would like to compare our reading protocol on your cases."
        page = self.person("radiologist").fill(card, role="USER", message=message)
        self.places["request"] = _first(UUID, page)

    def _propose(self) -> None:
        """The radiologist, who is not verified, would like to organize a challenge."""
        page = self.person("radiologist").fill(
            "/challenges/proposals/new/",
            title="Nodules in low-dose CT",
            task="Find every nodule of 4 mm and more.",
            purpose="Small ones are missed in screening.",
            submissions="200",
            data="250 scans of our own hospital, read twice.",
            compute="One GPU with 16 GiB, five minutes for a case.",
        )
        self.places["proposal"] = _first(UUID, page)

    def _read_cases(self) -> None:
        """Two people answer; the statistics have something to show."""
        page = self.person("radiologist").get(f"/reader-studies/{self.places['study']}/").text
        cases = re.findall(rf'href="/view/display-set/({UUID})/"', page)
        for reader, count, seen in (("radiologist", 2, "4"), ("researcher", 1, "3")):
            for case in cases[:count]:
                self._answer(self.person(reader), case, seen=seen)

    def _answer(self, reader: Browser, case: str, *, seen: str) -> None:
        panel = reader.get(f"/reader-studies/cases/{case}/panel/").text
        yes = re.findall(rf'name="q-({UUID})" value="true"', panel)
        choices = re.findall(rf'name="q-({UUID})" value="({UUID}|\d+)"', panel)
        numbers = re.findall(rf'name="q-({UUID})" inputmode', panel)
        answers = (
            dict(reversed(choices)) | dict.fromkeys(yes, "true") | dict.fromkeys(numbers, seen)
        )
        given = {pk: {"value": value} for pk, value in answers.items()}
        reader.send(f"/reader-studies/cases/{case}/answers/", {"answers": given, "saves": True})

    def _import_with_problems(self) -> Callable[[], None]:
        """Bad files among good ones, once below an ordinary title and once below a long one."""
        plain = self._import("researcher", "import", title="Chest CT, screening 2026")
        long = self._import("admin", "long_import", title=LONG, description=f"{LONG}. " * 2)

        def wait() -> None:
            plain()
            long()

        return wait

    def _import(self, owner: str, name: str, **fields: str) -> Callable[[], None]:
        person = self.person(owner)
        form = person.fill("/archives/new/", **fields)
        self.places[f"{name}_archive"] = _first(UUID, form)
        files = sorted(self.samples.mixed.iterdir())
        page = person.fill(form, uploads=person.upload(files))
        self.places[name] = _first(UUID, page)

        def wait() -> None:
            text = person.wait(page, seconds=WORK_LIMIT)
            assert state_of(text) == "PARTIAL", text

        return wait

    def _wait_for_the_leaderboards(self) -> None:
        """What the demo hands in to its two phases is evaluated soon after its first start."""
        author, places = self.person("author"), self.places
        for phase, evaluation in (("phase", "evaluation"), ("file_phase", "file_evaluation")):
            address = f"/challenges/phases/{places[phase]}/"
            author.wait(
                address,
                seconds=WORK_LIMIT,
                until=lambda text: text.count("<tr data-rank=") >= 2,
            )
            page = author.get(f"{address}submissions/").text
            places[evaluation] = _first(rf'href="/challenges/evaluations/({UUID})/"', page)


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, f"{pattern} is not in\n{text}"
    return found.group(found.lastindex or 0)
