"""The front end is built when its sources changed, by the Node that is there."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from config.local import frontend
from config.local.errors import LocalError
from config.local.stamps import Stamp, digest_of


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with as little as the build looks at."""
    (tmp_path / "viewer" / "frontend").mkdir(parents=True)
    (tmp_path / "app" / "design" / "frontend").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "viewer/frontend/main.ts"):
        (tmp_path / name).write_text(name)
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(frontend, "REPOSITORY", tmp_path)
    monkeypatch.setattr(frontend, "BUILD", tmp_path / "build")
    node = frontend.Node(npm=("npm",), variables={"WITH": "node"}, origin="a test")
    monkeypatch.setattr(frontend, "find_node", lambda: node)
    return tmp_path


class Runs:
    """Notes the commands, and writes what the build would."""

    def __init__(self, checkout: Path) -> None:
        self.commands: list[str] = []
        self._manifest = checkout / "build" / "frontend" / "manifest.json"

    def __call__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        assert variables == {"WITH": "node"}
        self.commands.append(command[1])
        if command[1] == "run":
            self._manifest.parent.mkdir(parents=True, exist_ok=True)
            self._manifest.write_text("{}")


def test_the_second_build_does_nothing(checkout: Path) -> None:
    first, second = Runs(checkout), Runs(checkout)
    assert frontend.build(first) is True
    assert frontend.build(second) is False
    assert (first.commands, second.commands) == (["ci", "run"], [])


@pytest.mark.parametrize(
    ("changed", "commands"),
    [
        ("viewer/frontend/main.ts", ["run"]),
        ("viewer/frontend/new.ts", ["run"]),
        ("app/design/frontend/site.css", ["run"]),
        ("vite.config.ts", ["run"]),
        ("package-lock.json", ["ci", "run"]),
    ],
)
def test_a_change_builds_again(checkout: Path, changed: str, commands: list[str]) -> None:
    frontend.build(Runs(checkout))
    (checkout / changed).write_text("changed")
    runs = Runs(checkout)
    assert frontend.build(runs) is True
    assert runs.commands == commands


def test_a_build_that_was_deleted_is_made_again(checkout: Path) -> None:
    frontend.build(Runs(checkout))
    shutil.rmtree(checkout / "build" / "frontend")
    runs = Runs(checkout)
    assert frontend.build(runs) is True
    assert runs.commands == ["run"]


def test_a_build_that_failed_is_tried_again(checkout: Path) -> None:
    def fail(_command: Sequence[str], _variables: Mapping[str, str]) -> None:
        raise LocalError("npm is out of order")

    with pytest.raises(LocalError, match="out of order"):
        frontend.build(fail)
    runs = Runs(checkout)
    assert frontend.build(runs) is True
    assert runs.commands == ["ci", "run"]


@pytest.mark.parametrize(("version", "origin"), [("v20.1.0", "machine"), ("v18.19.0", "wheel")])
def test_an_old_node_is_passed_over_for_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, origin: str
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    node = frontend.find_node()
    assert node is not None
    assert origin in node.origin


def test_the_wheels_node_is_new_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    node = frontend.find_node()
    assert node is not None
    assert Path(node.npm[0]).is_file()
    assert Path(node.npm[1]).is_file()
    monkeypatch.setenv("PATH", node.variables["PATH"])
    assert frontend._machine_version() >= frontend.OLDEST_NODE


def test_the_wheel_is_pinned_with_its_hashes() -> None:
    text = "a==1 \\\n    --hash=sha256:aa\nb==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    text += "    # via -r dev.in\nc==3\n"
    entry = frontend.pinned("b", text=text)
    assert entry.startswith("b==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n")
    assert "c==3" not in entry
    with pytest.raises(LocalError, match="make requirements"):
        frontend.pinned("d", text=text)


def test_the_compiled_requirements_name_the_wheel() -> None:
    text = (frontend.REPOSITORY / "requirements" / "dev.txt").read_text()
    assert "--hash=sha256:" in frontend.pinned(frontend.WHEEL, text=text)


def test_a_digest_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    digests = {digest_of([tmp_path])}
    (tmp_path / "a").write_text("two")
    digests.add(digest_of([tmp_path]))
    (tmp_path / "a").rename(tmp_path / "b")
    digests.add(digest_of([tmp_path]))
    digests.add(digest_of([tmp_path / "missing"]))
    assert len(digests) == 4


def test_a_stamp_matches_only_what_it_was_written_for(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "deep" / "stamp")
    assert not stamp.matches("x")
    stamp.write("x")
    assert stamp.matches("x")
    assert not stamp.matches("y")
