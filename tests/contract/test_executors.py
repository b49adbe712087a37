"""The executor contract, the same for every executor that can run a container."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from app.execution.contract import (
    ImageManifest,
    InputFile,
    Limits,
    OutputKind,
    OutputSlot,
    ReasonCode,
    RunSpec,
    StoppedBy,
)
from app.execution.contract.limits import MIB
from app.execution.contract.manifest import UserIdentity
from app.execution.contract.spec import ImageReference
from app.execution.executors import ExecutorUnavailable, PlatformFault
from app.execution.executors.choose import Executor, make_executor
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.null import NullExecutor
from app.execution.executors.storage import RUN_LABEL
from tests.contract.executor_cases import RESULT, SMALL, left_behind, make_spec, run
from tests.factories.containers import ContainerRecipe, Entry, base_layer, folder, shell_image
from tests.factories.engines import FileServer, engine_address, serve

OK = "echo '{\"score\": 1}' > /output/result.json"


@pytest.fixture(scope="module")
def engine() -> str:
    return engine_address()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serve(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def work_folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture(params=["host", "engine"])
def executor(request: pytest.FixtureRequest, engine: str, work_folder: Path) -> Iterator[Executor]:
    """Each executor that can run containers, and proof afterwards that it cleaned up."""
    executor = DockerExecutor(work_folder=work_folder, base_url=engine, storage=request.param)
    yield executor
    assert left_behind(work_folder) == []
    assert executor.reap(live=set()) == []


pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def tar_gz(**members: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def test_a_run_gets_its_inputs_and_leaves_its_outputs(
    executor: Executor, files: FileServer
) -> None:
    script = """
    set -e
    cat /input/inputs.json > /output/result.json
    mkdir -p /output/images/mask && cp /input/images/ct/a.mha /output/images/mask/out.mha
    printf '%s' "$(cat /opt/ml/model/deep/weights.txt /opt/ml/input/data/ground_truth/truth.txt)"
    echo problem >&2
    echo scratch > /tmp/x && ls /input/images/ct
    """
    image = files.publish_image(shell_image(script))
    mask = OutputSlot(slug="mask", relative_path="images/mask", kind=OutputKind.IMAGE)
    spec = make_spec(
        image,
        inputs=(
            InputFile(relative_path="inputs.json", content=b'[{"slug": "ct"}]'),
            InputFile(relative_path="images/ct/a.mha", url=files.publish("a.mha", b"MetaImage")),
        ),
        model_url=files.publish("model.tar.gz", tar_gz(**{"deep/weights.txt": "W"})),
        ground_truth_url=files.publish("truth.tar.gz", tar_gz(**{"truth.txt": "T"})),
        outputs=(RESULT, mask),
    )
    result, recorder = run(executor, spec)
    assert result.reason.code is ReasonCode.SUCCEEDED, recorder.log
    assert result.reason.warnings == ("The container wrote to its error log.",)
    assert (result.exit_code, result.oom_killed) == (0, False)
    assert recorder.phases == ["executing", "collecting", "finished"]
    assert recorder.files == {"result": b'[{"slug": "ct"}]', "mask": b"MetaImage"}
    assert b"WT" in recorder.log
    assert result.log_bytes == len(recorder.log)
    assert set(result.input_digests) == {"inputs.json", "images/ct/a.mha"}
    assert result.image_id == image.manifest.image_id
    assert result.timings.executing > 0
    assert json.loads(json.dumps(result.as_record()))["exit_code"] == 0


def test_it_runs_as_the_images_own_user_without_any_right(
    executor: Executor, files: FileServer
) -> None:
    script = (
        """
    set -e
    id; echo "home=$HOME cache=$XDG_CACHE_HOME torch=$TORCH_HOME mpl=$MPLCONFIGDIR"
    cat /proc/self/status; cat /proc/net/dev; env
    echo x > /dev/shm/x; df -k /dev/shm
    """
        + OK
    )
    cached = {"home/user/.cache/torch/w.pth": Entry(content=b"w")}
    recipe = shell_image(script, layers=[base_layer(), cached], labels={"traefik.enable": "true"})
    result, recorder = run(executor, make_spec(files.publish_image(recipe)))
    log = recorder.log.decode()
    assert result.succeeded, log
    assert "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)" in log
    assert "home=/home/user cache= torch= mpl=/tmp/.config/matplotlib" in log
    assert "CapEff:\t0000000000000000" in log
    assert "CapBnd:\t0000000000000000" in log
    assert "NoNewPrivs:\t1" in log
    assert "Seccomp:\t2" in log
    interfaces = [line.split(":")[0].strip() for line in log.splitlines() if ": " in line]
    assert "eth0" not in interfaces
    assert "NVIDIA_VISIBLE_DEVICES=void" in log
    assert "8192" in log


def test_caches_go_to_scratch_unless_the_image_ships_them(
    executor: Executor, files: FileServer
) -> None:
    recipe = shell_image(f'set -e; mkdir -p "$TORCH_HOME"; echo "at $XDG_CACHE_HOME"; {OK}')
    result, recorder = run(executor, make_spec(files.publish_image(recipe)))
    assert result.succeeded
    assert b"at /tmp/.cache\n" in recorder.log


def test_a_failing_program_says_its_last_error(executor: Executor, files: FileServer) -> None:
    image = files.publish_image(shell_image("echo fine; echo 'ValueError: no lung' >&2; exit 3"))
    result, recorder = run(executor, make_spec(image))
    assert (result.exit_code, result.reason.code) == (3, ReasonCode.EXIT_CODE)
    assert result.reason.message == "ValueError: no lung"
    assert recorder.files == {}


def test_a_missing_output_is_named(executor: Executor, files: FileServer) -> None:
    result, _ = run(executor, make_spec(files.publish_image(shell_image("true"))))
    assert result.reason.code is ReasonCode.OUTPUT
    assert "/output/result.json" in result.reason.message
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("entrypoint", "said"),
    [(["/nope"], "was not found"), (["/etc/passwd"], "is not executable")],
)
def test_a_command_that_cannot_start_is_the_authors_to_mend(
    executor: Executor, files: FileServer, entrypoint: list[str], said: str
) -> None:
    image = files.publish_image(ContainerRecipe(entrypoint=entrypoint))
    result, _ = run(executor, make_spec(image))
    assert result.reason.code is ReasonCode.ENTRYPOINT, result.reason
    assert said in result.reason.message


def test_a_running_container_can_be_cancelled(executor: Executor, files: FileServer) -> None:
    image = files.publish_image(shell_image("echo started; sleep 1000"))
    result, recorder = run(executor, make_spec(image), cancel_at="started")
    assert result.reason.code is ReasonCode.CANCELLED
    assert result.timings.executing < SMALL.wall_clock
    assert recorder.files == {}


def test_the_log_arrives_while_the_container_runs(executor: Executor, files: FileServer) -> None:
    image = files.publish_image(shell_image(f"echo early; while [ ! -e /tmp/x ]; do :; done; {OK}"))
    spec = make_spec(image)
    handle = executor.provision(spec)
    try:
        executor.start(handle)
        log = b""
        while b"early" not in log:
            assert executor.poll(handle, timeout=0.1) is None
            log += b"".join(chunk.content for chunk in executor.stream_logs(handle))
        executor.stop(handle, why=StoppedBy.CANCEL)
        end = executor.poll(handle, timeout=30)
        assert end is not None
        assert end.facts.stopped_by is StoppedBy.CANCEL
        executor.stop(handle)
    finally:
        executor.release(handle)


def test_an_oci_archive_runs_like_a_docker_archive(executor: Executor, files: FileServer) -> None:
    image = files.publish_image(shell_image(f"echo from oci; {OK}"), oci=True)
    result, recorder = run(executor, make_spec(image))
    assert result.succeeded
    assert b"from oci" in recorder.log


def test_an_image_cannot_take_another_images_name(
    executor: Executor, files: FileServer, engine: str
) -> None:
    client = docker.DockerClient(base_url=engine)
    name = f"example.org/taken-{files.folder.name}:latest"
    image = files.publish_image(shell_image(f"echo {name}; {OK}", tags=[name]))
    result, _ = run(executor, make_spec(image))
    assert result.succeeded
    assert name not in [tag for found in client.images.list() for tag in found.tags]
    client.close()


def test_a_declared_volume_keeps_its_owner_and_its_limit(
    executor: Executor, files: FileServer
) -> None:
    layer = {**base_layer(), "data": folder(mode=0o777)}
    script = f"""
    echo x > /data/x && echo wrote
    dd if=/dev/zero of=/data/big bs=1M count=100 2>&1
    df -k /data; {OK}
    """
    recipe = shell_image(script, layers=[layer], volumes=["/data"])
    result, recorder = run(executor, make_spec(files.publish_image(recipe)))
    assert result.succeeded, recorder.log
    assert b"wrote" in recorder.log
    assert b"No space left on device" in recorder.log


def test_a_writable_root_may_be_asked_for_and_is_bounded(
    executor: Executor, files: FileServer
) -> None:
    layer = {**base_layer(), "room": folder(uid=1000, gid=1000)}
    limits = replace(SMALL, writable_root=64 * MIB)
    image = files.publish_image(shell_image(f"echo x > /room/x && {OK}", layers=[layer]))
    result, _ = run(executor, make_spec(image, limits=limits))
    assert result.succeeded
    filler = "while dd if=/dev/zero of=/room/$((i=i+1)) bs=1M count=32; do :; done 2>/dev/null"
    image = files.publish_image(shell_image(f"{filler}; sleep 100", layers=[layer]))
    result, _ = run(executor, make_spec(image, limits=limits))
    assert result.reason.code in {ReasonCode.ROOT_LIMIT, ReasonCode.DISK_FULL}


def test_inputs_that_do_not_arrive_whole_are_our_fault(
    executor: Executor, files: FileServer
) -> None:
    image = files.publish_image(shell_image(OK))
    url = files.publish("input.json", b"{}")
    for bad in (
        InputFile(relative_path="a.json", url=url, sha256="0" * 64),
        InputFile(relative_path="a.json", url=url, size=3),
        InputFile(relative_path="a.json", url=f"{url}.missing"),
        InputFile(relative_path="a.json", url="file:///etc/passwd"),
    ):
        with pytest.raises(PlatformFault):
            run(executor, make_spec(image, inputs=(bad,)))


@pytest.mark.parametrize("model", [b"no tar", b"\x1f\x8b broken"])
def test_a_model_that_is_no_tar_is_a_result_not_a_crash(
    executor: Executor, files: FileServer, model: bytes
) -> None:
    image = files.publish_image(shell_image(OK))
    result, _ = run(executor, make_spec(image, model_url=files.publish("m", model)))
    assert result.reason.code is ReasonCode.INPUT
    assert result.exit_code is None


def test_a_run_that_nobody_released_is_reaped(
    executor: Executor, files: FileServer, engine: str
) -> None:
    image = files.publish_image(shell_image("sleep 1000"))
    spec = make_spec(image)
    handle = executor.provision(spec)
    executor.start(handle)
    assert executor.reap(live={spec.run_id}) == []
    assert executor.reap(live=set()) == [spec.run_id]
    client = docker.DockerClient(base_url=engine)
    labelled: Any = {"label": f"{RUN_LABEL}={spec.run_id}"}
    assert client.containers.list(all=True, filters=labelled) == []
    assert client.volumes.list(filters=labelled) == []
    client.close()
    executor.release(handle)


def test_a_run_can_be_cleared_by_two_at_once(
    executor: DockerExecutor, files: FileServer, engine: str, work_folder: Path
) -> None:
    image = files.publish_image(shell_image("sleep 1000"))
    spec = make_spec(image)
    handle = executor.provision(spec)
    executor.start(handle)
    client = docker.DockerClient(base_url=engine)
    labelled: Any = {"label": f"{RUN_LABEL}={spec.run_id}"}
    started = client.containers.list(filters=labelled)[0]
    for _ in range(20):
        client.containers.create(started.image.id, labels=started.labels)
    others = [DockerExecutor(work_folder=work_folder, base_url=engine) for _ in range(4)]
    with ThreadPoolExecutor(len(others)) as pool:
        done = [pool.submit(other.reap, live=set(), found={spec.run_id}) for other in others]
    assert [one.result() for one in done] == [[spec.run_id]] * len(others)
    assert client.containers.list(all=True, filters=labelled) == []
    client.close()
    executor.release(handle)


def test_an_image_that_claims_root_runs_as_its_resolved_user(
    executor: Executor, files: FileServer
) -> None:
    """Archives are refused with root; should one slip through, the engine is told a number."""
    image = files.publish_image(shell_image(f"id -u; {OK}", user="user"))
    stranger = replace(
        image.manifest, user=UserIdentity(declared="root", uid=54321, gid=54321, home="/")
    )
    result, recorder = run(executor, make_spec(replace(image, manifest=stranger)))
    assert result.succeeded
    assert recorder.log == b"54321\n"


def test_labels_of_an_image_do_not_reach_the_host(
    executor: Executor, files: FileServer, engine: str
) -> None:
    """Labels of an image steer programs on the host (reverse proxies): a run carries none."""
    recipe = shell_image("sleep 100", labels={"traefik.enable": "true", "hounsfield.job": "x"})
    spec = make_spec(files.publish_image(recipe))
    handle = executor.provision(spec)
    client = docker.DockerClient(base_url=engine)
    try:
        container = client.containers.get(f"hounsfield-{spec.run_id}")
        assert container.labels["traefik.enable"] == ""
        assert container.labels["hounsfield.job"] == spec.run_id
    finally:
        client.close()
        executor.release(handle)


def test_an_image_that_somebody_removed_is_loaded_again(
    executor: Executor, engine: str, files: FileServer
) -> None:
    image = files.publish_image(shell_image(f"{OK} # removed"))
    assert run(executor, make_spec(image))[0].reason.code is ReasonCode.SUCCEEDED
    client = docker.DockerClient(base_url=engine)
    client.images.remove(image.manifest.image_id, force=True)
    client.close()
    assert run(executor, make_spec(image))[0].reason.code is ReasonCode.SUCCEEDED


def test_the_same_run_can_be_provisioned_again(executor: Executor, files: FileServer) -> None:
    """A job whose worker died is run again under its old name."""
    spec = make_spec(files.publish_image(shell_image(OK)))
    executor.provision(spec)
    result, _ = run(executor, spec)
    assert result.succeeded


def test_an_engine_that_answers_is_described(executor: Executor) -> None:
    status = executor.status()
    assert status.available
    assert status.facts["engine"] in status.message


def test_the_storage_is_chosen_by_what_the_engine_shares(
    engine: str, files: FileServer, work_folder: Path
) -> None:
    executor = make_executor(work_folder=work_folder, docker_host=engine)
    result, _ = run(executor, make_spec(files.publish_image(shell_image(OK))))
    assert result.succeeded
    assert left_behind(work_folder) == []


def _some_image() -> ImageReference:
    manifest = ImageManifest(
        image_id="sha256:0",
        format="docker",
        compression="none",
        archive_bytes=0,
        unpacked_bytes=0,
        config_path="",
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
    return ImageReference(manifest=manifest, archive_url="", archive_bytes=0)


def test_no_engine_is_said_loudly(tmp_path: Path) -> None:
    executor = make_executor(work_folder=tmp_path, docker_host=f"unix://{tmp_path}/nothing.sock")
    assert isinstance(executor, NullExecutor)
    status = executor.status()
    assert not status.available
    assert "engine" in status.message
    assert "DOCKER_HOST" in status.advice
    spec = RunSpec(run_id="1", image=_some_image(), limits=Limits())
    with pytest.raises(ExecutorUnavailable) as caught:
        run(executor, spec)
    assert "DOCKER_HOST" in caught.value.advice
    assert executor.reap(live=set()) == []


def test_what_a_container_uses_is_measured_while_it_runs(
    executor: Executor, files: FileServer
) -> None:
    busy = "head -c 33554432 /dev/zero > /dev/shm/x; i=0; end=$(($(date +%s) + 4)); "
    busy += f"while [ $(date +%s) -lt $end ]; do i=$((i+1)); done; {OK}"
    image = files.publish_image(shell_image(busy))
    result, recorder = run(executor, make_spec(image, limits=replace(SMALL, shm=64 * MIB)))
    assert result.succeeded, recorder.log
    assert len(recorder.samples) >= 2
    seconds = [sample.seconds for sample in recorder.samples]
    assert seconds == sorted(seconds)
    assert seconds[-1] <= result.timings.executing + 1
    assert max(sample.memory for sample in recorder.samples) >= 32 * MIB
    assert max(sample.cpu for sample in recorder.samples) > 0.3
    assert all(0 <= sample.cpu <= 1 for sample in recorder.samples)
