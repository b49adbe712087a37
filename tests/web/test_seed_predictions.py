"""Seed files with phases that take files: made as they say, handed in once, clear when wrong."""

from pathlib import Path
from typing import Any

import pytest

from app.challenges.models import Phase, Submission
from app.core.storage import get_store
from app.web.seeding import UnusableSeed
from tests.factories.challenges import SCHEMA
from tests.factories.containers import shell_image
from tests.web.test_seed import follow, only_conflict, stored

pytestmark = pytest.mark.django_db
FITTING = '[{"case": "a", "probability": 0.5}]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "seed"
    place.mkdir()
    (place / "mine.json").write_text(FITTING)
    shell_image("true").write(place / "auc.tar")
    (place / "truth.tar").write_bytes((place / "auc.tar").read_bytes())  # any plain tar
    return place


def document(*submissions: dict[str, Any], **phase: Any) -> dict[str, Any]:
    """A challenge of one phase that takes files, unless ``phase`` says otherwise."""
    people = ("rosa", "ravi", "stranger")
    taken = {
        "title": "By file",
        "kind": "PREDICTIONS",
        "predictions_schema": SCHEMA,
        "method": "auc.tar",
        "ground_truth": "truth.tar",
        "submissions": list(submissions),
    }
    challenge = {
        "title": "Nodules",
        "owner": "rosa",
        "members": [{"user": "ravi", "role": "PARTICIPANT"}],
        "phases": [taken | phase],
    }
    return {
        "version": 1,
        "users": [{"username": name, "email": f"{name}@example.org"} for name in people],
        "challenges": [challenge],
    }


def refusal(folder: Path, seed_file: dict[str, Any]) -> str:
    with pytest.raises(UnusableSeed) as caught:
        follow(folder, seed_file)
    assert not Phase.objects.exists()
    return str(caught.value)


def test_phase_and_file_are_there_once(folder: Path) -> None:
    seed_file = document(
        {"user": "ravi", "file": "mine.json", "comment": "First"},
        {"user": "rosa", "file": "mine.json"},
    )
    result = follow(folder, seed_file)
    assert not result.conflicts, result.conflicts
    phase = Phase.objects.get()
    assert (phase.takes_predictions, phase.predictions_form) == (True, "JSON")
    assert (phase.predictions_schema, phase.archive) == (SCHEMA, None)
    first, _ = Submission.objects.order_by("created")
    assert (first.file_name, first.comment, first.creator.username) == (
        "mine.json",
        "First",
        "ravi",
    )
    with get_store().open(first.file_key) as stream:
        assert stream.read().decode() == FITTING
    assert first.evaluations.count() == 1
    again = follow(folder, seed_file)
    assert {str(one.status) for one in again.outcomes} == {"unchanged"}, again.outcomes
    (folder / "mine.json").write_text(FITTING.replace("0.5", "0.6"))
    more = follow(folder, seed_file)
    assert more.counts["created"] == 2
    assert Submission.objects.count() == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"case": "a", "probability": 7}]', "[0].probability: must be at most 1"),
        ("[", "This is not JSON: line 1, column"),
    ],
)
def test_a_file_that_does_not_fit_takes_all_back(
    folder: Path, media: Path, content: str, said: str
) -> None:
    (folder / "mine.json").write_text(content)
    conflict = only_conflict(follow(folder, document({"user": "ravi", "file": "mine.json"})))
    assert conflict.path == "challenges[0].phases[0].submissions[0].file"
    assert said in conflict.detail
    assert not Phase.objects.exists()
    assert stored(media) == []


def test_whoever_takes_no_part_hands_in_nothing(folder: Path) -> None:
    seed_file = document({"user": "stranger", "file": "mine.json"})
    conflict = only_conflict(follow(folder, seed_file))
    assert conflict.path == "challenges[0].phases[0].submissions[0].user"


def test_another_form_is_a_conflict_once_the_phase_has_opened(folder: Path) -> None:
    follow(folder, document())
    conflict = only_conflict(follow(folder, document(predictions_form="CSV")))
    assert conflict.path == "challenges[0].phases[0]"
    assert conflict.detail == "predictions_form: This stays as it is: the phase has opened."


@pytest.mark.parametrize(
    ("submission", "phase", "said"),
    [
        ({"user": "ravi"}, {}, "submissions[0]: Give an algorithm or a file."),
        (
            {"user": "ravi", "file": "mine.json", "algorithm": "finder"},
            {},
            "submissions[0]: Give an algorithm or a file.",
        ),
        (
            {"user": "ravi", "algorithm": "finder"},
            {},
            "submissions[0].algorithm: This phase takes files: give a file.",
        ),
        (
            {"user": "ravi", "file": "mine.json"},
            {"kind": "ALGORITHM"},
            "submissions[0].file: This phase takes algorithms: give an algorithm.",
        ),
        ({"user": "ravi", "file": "no.json"}, {}, "submissions[0].file: “no.json” is not there."),
        ({}, {"kind": "ALGORITHM"}, "archive: Algorithms need cases to run on: name an archive."),
        ({}, {"kind": "ALGORITHM"}, "predictions_schema: This phase takes algorithms"),
        ({}, {"kind": "FILES"}, "kind:"),
        ({}, {"gpus": 1}, "gpus: This phase takes files: it has none of this."),
        ({}, {"outputs": ["segmentation"]}, "outputs: This phase takes files"),
        ({}, {"predictions_max_mb": 51}, "predictions_max_mb:"),
        ({}, {"predictions_form": "ZIP"}, "predictions_form:"),
        ({}, {"predictions_schema": {"type": "no such type"}}, "predictions_schema: "),
        ({}, {"predictions_schema": {"pattern": "(a+)+$"}}, "predictions_schema: "),
    ],
)
def test_what_does_not_go_together_is_said_at_its_place(
    folder: Path, submission: dict[str, Any], phase: dict[str, Any], said: str
) -> None:
    seed_file = document(*([submission] if submission else []), **phase)
    assert f"challenges[0].phases[0].{said}" in refusal(folder, seed_file)
