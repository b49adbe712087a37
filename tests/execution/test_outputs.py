"""Taking results from a folder that a stranger wrote: the plain file passes, tricks do not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.execution.contract import Limits, OutputError, OutputKind, OutputSlot, collect_outputs
from app.execution.contract.outputs import parse_json_strict

JSON_SLOT = OutputSlot(slug="score", relative_path="score.json", kind=OutputKind.JSON)
FILE_SLOT = OutputSlot(slug="report", relative_path="reports/report.pdf", kind=OutputKind.FILE)
IMAGE_SLOT = OutputSlot(slug="mask", relative_path="images/mask", kind=OutputKind.IMAGE)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An /output folder with one good value for each of the three slots."""
    root = tmp_path / "output"
    (root / "images/mask").mkdir(parents=True)
    (root / "reports").mkdir()
    (root / "score.json").write_text('{"score": 0.5}')
    (root / "reports/report.pdf").write_bytes(b"%PDF")
    (root / "images/mask/result.mha").write_bytes(b"ObjectType = Image")
    (root / "undeclared.txt").write_text("ignored")
    return root


def collect(output: Path, *slots: OutputSlot, limits: Limits | None = None) -> dict[str, object]:
    collected = collect_outputs(
        root=output,
        slots=slots,
        limits=limits or Limits(),
        destination=output.parent / "collected",
    )
    return {one.slug: one for one in collected}


def refusal(output: Path, slot: OutputSlot, limits: Limits | None = None) -> OutputError:
    with pytest.raises(OutputError) as caught:
        collect(output, slot, limits=limits)
    assert caught.value.slug == slot.slug
    assert f"/output/{slot.relative_path}" in caught.value.message
    return caught.value


def test_declared_outputs_are_copied_with_their_digests(output: Path, tmp_path: Path) -> None:
    collected = collect_outputs(
        root=output,
        slots=(JSON_SLOT, FILE_SLOT, IMAGE_SLOT),
        limits=Limits(),
        destination=tmp_path / "collected",
    )
    assert [one.slug for one in collected] == ["score", "report", "mask"]
    assert collected[0].value == {"score": 0.5}
    assert collected[1].path.read_bytes() == b"%PDF"
    assert collected[2].filename == "result.mha"
    for one in collected:
        assert one.sha256 == hashlib.sha256(one.path.read_bytes()).hexdigest()
        assert one.size == one.path.stat().st_size
        assert one.path.is_relative_to(tmp_path / "collected")
    everything = [path.name for path in (tmp_path / "collected").rglob("*") if path.is_file()]
    assert sorted(everything) == ["value.json", "value.mha", "value.pdf"]


@pytest.mark.parametrize("slot", [JSON_SLOT, FILE_SLOT, IMAGE_SLOT], ids=lambda s: s.slug)
def test_a_missing_output_is_named(tmp_path: Path, slot: OutputSlot) -> None:
    (tmp_path / "output").mkdir()
    error = refusal(tmp_path / "output", slot)
    assert error.code == "output_missing"
    assert "was not produced" in error.message


def test_an_optional_output_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    slot = OutputSlot(slug="s", relative_path="s.json", kind=OutputKind.JSON, optional=True)
    assert collect(tmp_path / "output", slot) == {}


def _symlink(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _relative_link(path: Path) -> None:
    (path.parent / "other").write_text("1")
    path.symlink_to("other")


def _hard_link(path: Path) -> None:
    (path.parent / "other").write_text("1")
    os.link(path.parent / "other", path)


def _socket(path: Path) -> None:
    os.mknod(path, 0o140600)


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        (_symlink, "a symbolic link"),
        (_relative_link, "a symbolic link"),
        (_hard_link, "a hard link"),
        (os.mkfifo, "a named pipe"),
        (_socket, "a socket"),
        (Path.mkdir, "a folder"),
    ],
    ids=["symlink", "relative", "hardlink", "fifo", "socket", "folder"],
)
@pytest.mark.parametrize(
    ("slot", "name"),
    [
        (JSON_SLOT, "score.json"),
        (FILE_SLOT, "reports/report.pdf"),
        (IMAGE_SLOT, "images/mask/result.mha"),
    ],
    ids=["json", "file", "image"],
)
def test_only_plain_files_are_taken(
    output: Path, attack: Callable[[Path], None], kind: str, slot: OutputSlot, name: str
) -> None:
    (output / name).unlink()
    attack(output / name)
    error = refusal(output, slot)
    assert error.code == "output_not_plain"
    assert kind in error.message
    assert "root:" not in str(error)


@pytest.mark.parametrize(
    ("slot", "folder"),
    [(FILE_SLOT, "reports"), (IMAGE_SLOT, "images"), (IMAGE_SLOT, "images/mask")],
)
def test_a_linked_folder_is_not_entered(output: Path, slot: OutputSlot, folder: str) -> None:
    (output / folder).rename(output.parent / "elsewhere")
    (output / folder).symlink_to(output.parent / "elsewhere")
    assert refusal(output, slot).code == "output_not_plain"


def test_a_sparse_giant_is_refused_without_reading_it(output: Path) -> None:
    os.truncate(output / "reports/report.pdf", 1 << 43)
    assert refusal(output, FILE_SLOT).code == "output_too_large"


def test_the_limit_counts_all_outputs_together(output: Path) -> None:
    limits = Limits(output=20)
    assert collect(output, FILE_SLOT, limits=limits)
    with pytest.raises(OutputError) as caught:
        collect_outputs(
            root=output,
            slots=(FILE_SLOT, IMAGE_SLOT),
            limits=limits,
            destination=output.parent / "again",
        )
    assert caught.value.code == "output_too_large"


def test_json_has_its_own_limit(output: Path) -> None:
    assert refusal(output, JSON_SLOT, Limits(json_bytes=5)).code == "output_too_large"


def test_a_path_that_lies_too_deep_is_refused(output: Path) -> None:
    assert refusal(output, FILE_SLOT, Limits(output_depth=1)).code == "output_path"


def test_an_image_folder_holds_exactly_one_image(output: Path) -> None:
    (output / "images/mask/notes.json").write_text("{}")
    assert collect(output, IMAGE_SLOT)
    (output / "images/mask/second.TIF").write_bytes(b"II*")
    assert refusal(output, IMAGE_SLOT).code == "output_many_images"


@pytest.mark.parametrize(("name", "said"), [("a.nii.gz", "a.nii.gz"), ("a.txt", "no image")])
def test_other_image_formats_are_named(output: Path, name: str, said: str) -> None:
    (output / "images/mask/result.mha").rename(output / "images/mask" / name)
    error = refusal(output, IMAGE_SLOT)
    assert error.code == "output_image_format"
    assert said in error.message
    assert ".mha" in error.message


def test_too_many_files_are_refused(output: Path) -> None:
    for index in range(11):
        (output / "images/mask" / f"{index}.txt").touch()
    assert refusal(output, IMAGE_SLOT, Limits(output_files=10)).code == "output_too_many"


def test_a_value_outside_its_schema_says_where(output: Path) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "string"}}}
    slot = OutputSlot(slug="score", relative_path="score.json", kind=OutputKind.JSON, schema=schema)
    error = refusal(output, slot)
    assert error.code == "output_schema"
    assert "score" in error.message


def test_refused_names_of_a_stream_are_told(output: Path) -> None:
    for slot, path in ((JSON_SLOT, "score.json"), (IMAGE_SLOT, "images/mask/x.mha")):
        with pytest.raises(OutputError) as caught:
            collect_outputs(
                root=output,
                slots=(slot,),
                limits=Limits(),
                destination=output.parent / "c",
                refused={path: "a symbolic link"},
            )
        assert "a symbolic link" in caught.value.message


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "", ".", "a\nb", "a\\b", "x" * 300]
)
def test_a_slot_cannot_point_outside(path: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        OutputSlot(slug="s", relative_path=path, kind=OutputKind.FILE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[NaN, Infinity, -Infinity, 1e999]", [None, None, None, None]),
        ('{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        ('"[[[[[[" ', "[[[[[["),
        ("\ufeff1", 1),
    ],
)
def test_json_is_read_as_the_database_can_hold_it(text: str, value: object) -> None:
    assert parse_json_strict(text.encode(), max_depth=3) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b'"\\u0000"',
        b'{"\\ud800": 1}',
        b"[" * 100_000,
        b"[[[[1]]]]",
        b"9" * 5000,
        b"{'a': 1}",
    ],
    ids=["empty", "open", "utf8", "nul", "surrogate", "deep", "over", "digits", "quotes"],
)
def test_json_that_cannot_be_stored_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json_strict(content, max_depth=3)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("end", [b"", b"\\"])
def test_an_unclosed_string_is_not_searched_again_and_again(end: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json_strict(b'"' + b'\\"' * 500_000 + end, max_depth=3)
