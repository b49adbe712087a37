"""Archives are what engines load, and the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from demo.containers.builder import (
    FIXED_TIME,
    ImageConfig,
    layer_from_files,
    layer_from_tree,
    write_archive,
)

CONFIG = ImageConfig(entrypoint=("/bin/run",), command=("fast",), env={"B": "2", "A": "1"})


def small_archive(folder: Path) -> tuple[Path, str]:
    first = layer_from_files(
        {"etc/passwd": b"root"}, path=folder / "1.tar", created_by="1", directories={"tmp": 0o1777}
    )
    second = layer_from_files({"opt/run.py": b"pass"}, path=folder / "2.tar", created_by="2")
    digest = write_archive(
        folder / "image.tar", config=CONFIG, layers=(first, second), tag="hounsfield-demo/x:latest"
    )
    return folder / "image.tar", digest


def test_an_archive_names_its_config_and_layers_by_their_digests(tmp_path: Path) -> None:
    path, digest = small_archive(tmp_path)
    with tarfile.open(path) as tar:
        members = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        content = {name: stream.read() for name, stream in members.items() if stream}
    (image,) = json.loads(content["manifest.json"])
    assert image["Config"] == f"{digest}.json"
    assert image["RepoTags"] == ["hounsfield-demo/x:latest"]
    assert hashlib.sha256(content[image["Config"]]).hexdigest() == digest
    config = json.loads(content[image["Config"]])
    assert config["os"] == "linux"
    assert config["architecture"] == "amd64"
    assert config["config"]["User"] == "10001:10001"
    assert config["config"]["Entrypoint"] == ["/bin/run"]
    assert config["config"]["Cmd"] == ["fast"]
    assert config["config"]["Env"] == ["A=1", "B=2"]
    found = [f"sha256:{hashlib.sha256(content[name]).hexdigest()}" for name in image["Layers"]]
    assert found == config["rootfs"]["diff_ids"]
    assert len(config["history"]) == 2


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (first, digest), (second, again) = (small_archive(tmp_path / n) for n in ("one", "two"))
    assert digest == again
    assert first.read_bytes() == second.read_bytes()


def test_a_layer_from_files_implies_their_folders(tmp_path: Path) -> None:
    layer = layer_from_files(
        {"a/b/c.txt": b"x"}, path=tmp_path / "l.tar", created_by="x", directories={"/tmp": 0o1777}
    )
    with tarfile.open(layer.path) as tar:
        entries = {entry.name: entry for entry in tar}
    assert list(entries) == ["a", "a/b", "a/b/c.txt", "tmp"]
    assert entries["a"].isdir()
    assert entries["tmp"].mode == 0o1777
    assert {entry.mtime for entry in entries.values()} == {FIXED_TIME}


@pytest.mark.parametrize("name", ["../x", "/", "a/../../x", ""])
def test_a_name_outside_the_image_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a path inside the image"):
        layer_from_files({name: b""}, path=tmp_path / "l.tar", created_by="x")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_from_a_tree_ignores_owners_times_and_the_umask(tmp_path: Path) -> None:
    digests = set()
    for mask, time in ((0o022, 1), (0o077, 2)):
        tree = tmp_path / f"tree{mask}"
        before = os.umask(mask)
        try:
            (tree / "bin").mkdir(parents=True)
            (tree / "bin/run").write_text("#!")
            (tree / "bin/run").chmod(0o700)
            (tree / "data").write_text("x")
            (tree / "link").symlink_to("bin/run")
        finally:
            os.umask(before)
        os.utime(tree / "data", (time, time))
        layer = layer_from_tree(tree, path=tmp_path / f"{mask}.tar", created_by="x")
        digests.add(layer.diff_id)
    assert len(digests) == 1
    with tarfile.open(layer.path) as tar:
        entries = {entry.name: entry for entry in tar}
    assert entries["bin/run"].mode == 0o755
    assert entries["data"].mode == 0o644
    assert entries["link"].linkname == "bin/run"
    assert {(entry.uid, entry.gid, entry.uname) for entry in entries.values()} == {(0, 0, "")}


def test_a_tree_with_a_pipe_is_refused_and_leaves_no_half_layer(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    os.mkfifo(tree / "pipe")
    with pytest.raises(ValueError, match="cannot be packed"):
        layer_from_tree(tree, path=tmp_path / "l.tar", created_by="x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["tree"]


def test_a_layer_used_twice_is_stored_once(tmp_path: Path) -> None:
    layer = layer_from_files({"x": b"1"}, path=tmp_path / "1.tar", created_by="1")
    write_archive(tmp_path / "i.tar", config=CONFIG, layers=(layer, layer), tag="x:latest")
    content = io.BytesIO((tmp_path / "i.tar").read_bytes())
    with tarfile.open(fileobj=content) as tar:
        assert sum(name.endswith("layer.tar") for name in tar.getnames()) == 1
