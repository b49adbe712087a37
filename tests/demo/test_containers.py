"""The built archives run on a real engine, isolated as the portal runs them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from docker.types import Mount

from demo.containers.algorithms.metaimage import MetaImage, read_metaimage, write_metaimage
from demo.containers.build import build, main
from demo.containers.builder import ImageConfig, write_archive
from demo.containers.errors import BuildError
from demo.containers.evaluation.scores import dice
from demo.containers.registry import layers_of_image
from tests.demo.thorax import random_thorax

GEOMETRY = {"ElementSpacing": "2 2 2", "Offset": "-96 -96 10"}
SOCKET = {"slug": "ct", "super_kind": "Image", "relative_path": "images/medical-image"}
RESULT = {"slug": "mask", "super_kind": "Image", "relative_path": "images/segmentation"}
pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def images(
    engine_client: docker.DockerClient, archives: dict[str, Path]
) -> Iterator[dict[str, str]]:
    """Image IDs by archive name; those that the engine had before stay in it."""
    before = {image.id for image in engine_client.images.list(all=True)}
    loaded = {}
    for name, path in archives.items():
        with path.open("rb") as stream:
            (image,) = engine_client.images.load(stream)
        loaded[name] = image.id
    yield loaded
    for image_id in set(loaded.values()) - before:
        engine_client.images.remove(image_id, force=True)


def run(client: docker.DockerClient, image: str, *, mounts: dict[str, Path]) -> tuple[int, str]:
    """Run to the end without network, capabilities, a writable root or root; code and log."""
    container: Container = client.containers.create(
        image,
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        ipc_mode="none",
        init=True,
        pids_limit=256,
        mem_limit="2g",
        memswap_limit="2g",
        nano_cpus=10**9,
        tmpfs={"/tmp": "rw,nosuid,nodev,size=64m,uid=10001,gid=10001"},
        mounts=[
            Mount(target, str(source), type="bind", read_only=target != "/output")
            for target, source in mounts.items()
        ],
    )
    try:
        container.start()
        code = int(container.wait(timeout=120)["StatusCode"])
        return code, container.logs().decode()
    finally:
        container.remove(force=True, v=True)


def lay_case(root: Path, *, seed: int) -> None:
    entry = {"pk": 1, "interface": SOCKET, "image": {"pk": "pk-1", "name": "case.mha"}}
    root.mkdir()
    (root / "inputs.json").write_text(json.dumps([entry]))
    image = MetaImage(array=random_thorax(seed).volume, geometry=GEOMETRY)
    write_metaimage(root / "images/medical-image/case.mha", image)


def writable(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.mark.parametrize("seed", [11, 12])
def test_the_algorithm_finds_the_nodules_of_a_random_thorax(
    engine_client: docker.DockerClient, images: dict[str, str], tmp_path: Path, seed: int
) -> None:
    lay_case(tmp_path / "input", seed=seed)
    mounts = {"/input": tmp_path / "input", "/output": writable(tmp_path / "output")}
    code, log = run(engine_client, images["nodules"], mounts=mounts)
    assert code == 0, log
    assert "Segmented" in log
    mask = tmp_path / "output/images/segmentation/case.mha"
    assert mask.stat().st_uid == 10001
    assert dict(read_metaimage(mask).geometry) == GEOMETRY
    assert dice(read_metaimage(mask).array, random_thorax(seed).nodules) >= 0.9


def test_bad_input_ends_the_container_with_one_line(
    engine_client: docker.DockerClient, images: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "input").mkdir()
    mounts = {"/input": tmp_path / "input", "/output": writable(tmp_path / "output")}
    code, log = run(engine_client, images["nodules"], mounts=mounts)
    assert code == 1
    assert log.startswith("Error: inputs.json cannot be read")
    assert log.count("\n") == 1


def test_the_evaluation_scores_a_submission(
    engine_client: docker.DockerClient, images: dict[str, str], tmp_path: Path
) -> None:
    mask = MetaImage(array=random_thorax(1).nodules.astype("u1"), geometry=GEOMETRY)
    write_metaimage(tmp_path / "truth/masks/case.mha", mask)
    (tmp_path / "truth/cases.json").write_text('{"case.mha": "masks/case.mha"}')
    write_metaimage(tmp_path / "input/job-1/output/images/segmentation/x.mha", mask)
    given = {"interface": SOCKET, "image": {"pk": "pk-1", "name": "case.mha"}}
    prediction = {"pk": "job-1", "inputs": [given], "outputs": [{"interface": RESULT}]}
    (tmp_path / "input/predictions.json").write_text(json.dumps([prediction]))
    mounts = {
        "/input": tmp_path / "input",
        "/opt/ml/input/data/ground_truth": tmp_path / "truth",
        "/output": writable(tmp_path / "output"),
    }
    code, log = run(engine_client, images["dice-evaluation"], mounts=mounts)
    assert code == 0, log
    metrics = json.loads((tmp_path / "output/metrics.json").read_text())
    assert metrics["aggregates"]["dice"]["mean"] == 1.0


def test_the_evaluation_of_files_needs_no_numpy(
    engine_client: docker.DockerClient,
    images: dict[str, str],
    archives: dict[str, Path],
    tmp_path: Path,
) -> None:
    for folder in ("truth", "input"):
        (tmp_path / folder).mkdir()
    (tmp_path / "truth/truth.json").write_text('{"a": 1, "b": 0}')
    rows = [{"case": "a", "probability": 0.5}, {"case": "b", "probability": 0}]
    (tmp_path / "input/predictions.json").write_text(json.dumps(rows))
    mounts = {
        "/input": tmp_path / "input",
        "/opt/ml/input/data/ground_truth": tmp_path / "truth",
        "/output": writable(tmp_path / "output"),
    }
    code, log = run(engine_client, images["file-evaluation"], mounts=mounts)
    assert code == 0, log
    metrics = json.loads((tmp_path / "output/metrics.json").read_text())
    assert metrics["aggregates"]["brier"] == 0.125
    sizes = {name: archives[name].stat().st_size for name in ("file-evaluation", "dice-evaluation")}
    assert sizes["file-evaluation"] < sizes["dice-evaluation"] / 2


def test_the_engine_names_the_image_by_the_digest_in_its_archive(
    engine_client: docker.DockerClient, images: dict[str, str], archives: dict[str, Path]
) -> None:
    with tarfile.open(archives["nodules"]) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        (entry,) = json.load(manifest)
    assert images["nodules"] == "sha256:" + entry["Config"].removesuffix(".json")
    shown = engine_client.images.get(images["nodules"]).attrs
    assert shown["Config"]["User"] == "10001:10001"
    assert shown["Architecture"] == "amd64"


def test_building_again_from_the_cache_gives_the_same_bytes(
    archives: dict[str, Path], layer_cache: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    again = build(output=tmp_path, cache=layer_cache, only=("nodules",), report=lines.append)
    assert again["nodules"].read_bytes() == archives["nodules"].read_bytes()
    assert "base: in the cache" in lines
    assert "site: in the cache" in lines


def test_building_from_nothing_gives_the_same_bytes(
    archives: dict[str, Path], tmp_path: Path
) -> None:
    again = build(
        output=tmp_path, cache=tmp_path / "cache", only=("nodules",), report=lambda line: None
    )
    assert again["nodules"].read_bytes() == archives["nodules"].read_bytes()


def test_layers_taken_out_of_an_engine_make_an_image_that_runs(
    engine_client: docker.DockerClient, images: dict[str, str], tmp_path: Path
) -> None:
    """The way to a base on machines without Debian's tools, where a registry answers."""
    layers = layers_of_image(engine_client, images["nodules"], folder=tmp_path / "pulled")
    shown = engine_client.images.get(images["nodules"]).attrs
    assert [f"sha256:{layer.diff_id}" for layer in layers] == shown["RootFS"]["Layers"]
    program = shown["Config"]["Entrypoint"][0]
    config = ImageConfig(entrypoint=(program, "-c"), command=("print(6 * 7)",))
    write_archive(tmp_path / "i.tar", config=config, layers=layers, tag="hounsfield-test/x:latest")
    with (tmp_path / "i.tar").open("rb") as stream:
        (image,) = engine_client.images.load(stream)
    try:
        assert run(engine_client, image.id, mounts={}) == (0, "42\n")
    finally:
        engine_client.images.remove(image.id, force=True)


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="No such container: magic"):
        build(output=tmp_path, cache=tmp_path, only=("magic",))


def test_the_command_line_builds_into_a_folder(
    layer_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    (home / "demo").mkdir(parents=True)
    (home / "demo/cache").symlink_to(layer_cache)
    monkeypatch.setenv("HOUNSFIELD_HOME", str(home))
    assert main(["--output", str(tmp_path / "out"), "--only", "otsu"]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["otsu.tar"]
    assert "otsu: " in capsys.readouterr().out
