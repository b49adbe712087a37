"""Containers made by the public `grand-challenge-forge` for a phase of ours run unmodified.

It is given the file of the downloaded starter kit, as participants would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import docker
import pytest
from django.core.management import CommandError, call_command

from app.challenges.models import Phase
from app.execution.contract import InputFile, Limits, OutputKind, OutputSlot
from app.execution.contract.limits import GIB, MIB
from app.execution.executors.docker import DockerExecutor
from app.execution.staging import input_files, output_slots, serialized_value
from app.sockets.models import SocketValue
from app.sockets.services import ensure_socket, json_value
from archives.services import add_item
from tests.clients.forge import build_image, generate_pack, local_bases, tarball
from tests.contract.executor_cases import make_spec, run
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.engines import FileServer, engine_address, serve
from tests.factories.starter_kits import kit_zip, make_kit

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
METRICS = OutputSlot(slug="metrics", relative_path="metrics.json", kind=OutputKind.JSON)
LIMITS = Limits(cpus=2, memory=1 * GIB, pids=256, scratch=64 * MIB, output=64 * MIB, wall_clock=120)


@pytest.fixture
def phase(db: None) -> Phase:
    """A phase with a starter kit whose sample is one case."""
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    risk = ensure_socket(slug="risk", title="Risk", kind="JSON", relative_path="risk.json")
    found = make_phase(make_challenge(title="Risk"), inputs=[age], outputs=[risk])
    admin = found.challenge.memberships.get(role="ADMIN").user
    sample = make_archive(editor=admin)
    values = [json_value(socket=age, value=63)]
    add_item(actor=admin, archive=sample, title="Shown", values=values)
    make_kit(found, archive=sample)
    return found


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with serve(folder) as server:
        yield server


def kit_file(phase: Phase, folder: Path) -> Path:
    """The file that participants find in the zip, as it is there."""
    return Path(kit_zip(phase).extract("phase.json", folder))


def described(phase: Phase) -> dict[str, Any]:
    said = StringIO()
    call_command("starter_kit", phase.challenge.slug, stdout=said)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def test_algorithm_and_evaluation_run_unmodified(
    phase: Phase, files: FileServer, tmp_path: Path
) -> None:
    kit = generate_pack(kit_file(phase, tmp_path), folder=tmp_path)
    client = docker.DockerClient(base_url=engine_address())
    with local_bases(client, tmp_path):
        for name in ("example-algorithm", "example-evaluation-method"):
            build_image(client, kit / name, path=files.folder / f"{name}.tar")
    client.close()
    executor = DockerExecutor(work_folder=tmp_path / "work", base_url=engine_address())
    given = json_value(socket=phase.inputs.get(), value=63)
    result, recorder = run(
        executor,
        make_spec(
            files.publish_archive("example-algorithm.tar"),
            limits=LIMITS,
            inputs=input_files([given]),
            outputs=output_slots(phase.outputs.all()),
            model_url=files.publish("model.tar.gz", tarball(kit / "example-algorithm" / "model")),
        ),
    )
    assert result.succeeded, (result.reason, recorder.log.decode())
    left = json_value(socket=phase.outputs.get(), value=json.loads(recorder.files["risk"]))
    truth = tarball(kit / "example-evaluation-method" / "ground_truth")
    result, recorder = run(
        executor,
        make_spec(
            files.publish_archive("example-evaluation-method.tar"),
            limits=LIMITS,
            inputs=predictions(given, left),
            outputs=(METRICS,),
            ground_truth_url=files.publish("ground_truth.tar.gz", truth),
        ),
    )
    assert result.succeeded, (result.reason, recorder.log.decode())
    assert json.loads(recorder.files["metrics"])["aggregates"]["my_metric"] in (0, 1)


def predictions(given: SocketValue, left: SocketValue) -> tuple[InputFile, ...]:
    """One job as an evaluation method finds it."""
    job = "11111111-2222-4333-8444-555555555555"
    listing = [
        {
            "pk": job,
            "inputs": [serialized_value(given)],
            "outputs": [serialized_value(left)],
            "status": "Succeeded",
        }
    ]
    return (
        InputFile(relative_path="predictions.json", content=json.dumps(listing).encode()),
        *input_files([left], prefix=f"{job}/output/", listing=False),
    )


def test_the_challenge_and_the_kit_describe_a_phase_alike(phase: Phase, tmp_path: Path) -> None:
    of_kit = json.loads(kit_file(phase, tmp_path).read_text())["challenge"]
    of_challenge = described(phase)["challenge"]
    assert [one["slug"] for one in of_kit.pop("archives")] == ["sample"]
    assert [one["slug"] for one in of_challenge.pop("archives")] == [phase.archive.slug]
    for one in (of_kit, of_challenge):
        one["phases"][0].pop("archive")
    assert of_kit == of_challenge


def test_every_phase_is_described(phase: Phase) -> None:
    make_phase(phase.challenge, title="Second phase")
    found = described(phase)["challenge"]
    assert [one["slug"] for one in found["phases"]][1] == "second-phase"
    assert found["slug"] == phase.challenge.slug
    sockets = found["phases"][0]["algorithm_interfaces"][0]
    assert [one["slug"] for one in sockets["inputs"]] == ["age"]
    assert sockets["outputs"][0]["relative_path"] == "risk.json"
    assert len(found["archives"]) == 2


def test_an_unknown_challenge_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="no challenge"):
        call_command("starter_kit", "nothing")
