"""What a worker does, without a container: claim, send, hand over."""

from __future__ import annotations

from pathlib import Path

import httpx

from app.execution.contract import CollectedOutput, Limits, OutputKind, OutputSlot, RunSpec
from app.execution.contract.manifest import ImageManifest, UserIdentity
from app.execution.contract.spec import ImageReference, digest_of
from app.execution.gateway import Ending, Gateway, Report, Sent
from app.execution.gateway.local import LocalGateway
from app.execution.models import Job

SUCCEEDED = {"reason": {"code": "succeeded", "message": "Succeeded."}, "exit_code": 0}


MANIFEST = ImageManifest(
    image_id="sha256:1",
    format="docker",
    compression="",
    archive_bytes=1,
    unpacked_bytes=1,
    config_path="config",
    layers=(),
    architecture="amd64",
    os="linux",
    user=UserIdentity(declared="1", uid=1, gid=1),
    entrypoint=("x",),
    command=(),
    working_dir="",
    env=(),
    labels={},
    volumes=(),
)


def build_spec(job: Job) -> RunSpec:
    slot = OutputSlot(slug="result", relative_path="result.json", kind=OutputKind.JSON)
    image = ImageReference(manifest=MANIFEST, archive_url="http://127.0.0.1:9/i", archive_bytes=1)
    return RunSpec(run_id="", image=image, outputs=(slot,), limits=Limits(), env={"SEED": "7"})


def claimed(gateway: Gateway, job: Job) -> str:
    assignment = gateway.claim(str(job.pk), worker="w")
    assert assignment is not None
    return assignment.token


def reloaded(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def output(
    tmp_path: Path, content: bytes = b'{"score": 1}', *, slug: str = "result"
) -> CollectedOutput:
    path = tmp_path / "value.json"
    path.write_bytes(content)
    return CollectedOutput(
        slug=slug,
        kind=OutputKind.JSON,
        filename="output.mha",
        path=path,
        size=len(content),
        sha256=digest_of(content),
    )


def send(gateway: Gateway, token: str, found: CollectedOutput) -> Sent:
    slip = gateway.request_slip(token, found)
    content = found.path.read_bytes()
    etags = [httpx.put(address, content=content).headers["etag"] for address in slip.addresses]
    return Sent(slug=found.slug, etags=etags)


def hand_over(job: Job, tmp_path: Path, *, sent: dict[str, bytes]) -> None:
    """Claim the job and hand it over with these outputs, whatever they are."""
    gateway = LocalGateway()
    token = claimed(gateway, job)
    gateway.report(token, Report(executing=True))
    outputs = [
        send(gateway, token, output(tmp_path, content, slug=slug)) for slug, content in sent.items()
    ]
    gateway.finish(token, Ending(record=SUCCEEDED, outputs=outputs))
