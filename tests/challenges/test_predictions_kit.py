"""The starter kit and the clone of a phase that takes files with predictions."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Phase
from app.challenges.services import add_kit_source, add_kit_truth, clone_challenge
from app.core.errors import Conflict
from demo.starter_kit.evaluate_file import main
from tests.factories.challenges import SCHEMA, make_challenge, make_predictions_phase
from tests.factories.images import make_upload
from tests.factories.starter_kits import kit_zip, make_kit, tarball, unzip

TRUTH = {"case-1": 1, "case-2": 0, "case-3": 0}


@pytest.fixture
def phase(user: User) -> Phase:
    return make_predictions_phase(make_challenge(admin=user), archive=None)


def furnish(phase: Phase, user: User) -> None:
    content = tarball({"truth.json": json.dumps(TRUTH).encode()})
    upload = make_upload(owner=user, content=content, filename="truth.tar.gz")
    add_kit_truth(actor=user, phase=phase, upload=upload)


@pytest.mark.django_db
class TestKit:
    def test_needs_no_sample_cases(self, phase: Phase, user: User) -> None:
        with pytest.raises(Conflict):
            kit_zip(phase)
        furnish(phase, user)
        kit = kit_zip(phase)
        assert set(kit.namelist()) == {
            *("README.md", "test", "phase.json", "schema.json"),
            *("portal/run.sh", "portal/evaluation.sh", "portal/phase.sh", "portal/seccomp.json"),
            *("evaluation/Dockerfile", "evaluation/evaluate.py"),
            "sample/ground_truth/truth.json",
        }
        assert json.loads(kit.read("schema.json")) == SCHEMA
        assert b"@" not in kit.read("README.md")
        assert b"PREDICTIONS_NAME=predictions.json\n" in kit.read("portal/phase.sh")
        described = json.loads(kit.read("phase.json"))["challenge"]["phases"][0]
        assert described["algorithm_interfaces"] == []

    def test_has_sample_cases_and_source_where_they_are_given(
        self, phase: Phase, user: User
    ) -> None:
        make_kit(phase)
        content = tarball({"Dockerfile": b"FROM scratch\n"})
        upload = make_upload(owner=user, content=content, filename="source.tar.gz")
        add_kit_source(actor=user, phase=phase, upload=upload)
        names = kit_zip(phase).namelist()
        assert "sample/case-01/input/inputs.json" in names
        assert "evaluation/evaluate.py" not in names

    def test_the_page_offers_it(self, phase: Phase, user: User, signed_in: Client) -> None:
        address = reverse("challenges:starter_kit", args=[phase.pk])
        assert "Upload the ground truth of a sample" in signed_in.get(address).content.decode()
        furnish(phase, user)
        page = signed_in.get(address).content.decode()
        assert "./test my-predictions.json" in page
        assert reverse("challenges:download_starter_kit", args=[phase.pk]) in page

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("", "", "Say which file"),
            ("none.json", None, "There is no file"),
            ("mine.csv", "a", "does not end with .json"),
            ("mine.json", "[" + " " * 11 * 2**20, "larger than"),
        ],
    )
    def test_refuses_other_files_at_once(
        self, phase: Phase, user: User, tmp_path: Path, name: str, content: str, words: str
    ) -> None:
        furnish(phase, user)
        folder = unzip(kit_zip(phase), tmp_path / "kit")
        if name and content is not None:
            (tmp_path / name).write_text(content)
        arguments = [str(tmp_path / name)] if name else []
        done = subprocess.run(
            ["bash", str(folder / "test"), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert words in done.stderr

    def test_a_clone_takes_what_belongs_to_files(self, phase: Phase, user: User) -> None:
        clone = clone_challenge(actor=user, challenge=phase.challenge, title="Once more")
        copy = clone.phases.get()
        assert (copy.kind, copy.predictions_schema) == ("PREDICTIONS", SCHEMA)
        assert copy.ground_truths.get().key == phase.ground_truths.get().key


@pytest.mark.parametrize("form", ["json", "csv"])
def test_the_example_scores_both_forms(tmp_path: Path, form: str) -> None:
    files = {
        "json": json.dumps(
            [{"case": "case-1", "probability": 0.75}, {"case": "case-2", "probability": 0.25}]
        ),
        "csv": "case,probability\r\ncase-1,0.75\r\ncase-2,0.25\r\n",
    }
    (tmp_path / f"predictions.{form}").write_text(files[form])
    (tmp_path / "truth.json").write_text(json.dumps(TRUTH))
    main(input_root=tmp_path, ground_truth=tmp_path, output_root=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["aggregates"] == {"auc": 1.0, "brier": 0.125, "accuracy": 1.0}
    last = metrics["results"][-1]
    assert (last["case"], last["metrics"]) == ("case-3", {"squared_error": 0.25})
    assert last["note"] == "It was not predicted."
