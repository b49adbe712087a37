"""What of a log may be shown to whoever wrote the container."""

import time

import pytest

from app.challenges.scoring import Masker, masked_excerpt
from app.challenges.scoring.masking import LONGEST_LINE, MASK, MOST_LINES

NAMES = ("Patient 007", "thorax_12.mha", "thorax_12", "Hidden archive")


def shown(log: str) -> str:
    return masked_excerpt(log, masker=Masker(NAMES))


@pytest.mark.parametrize(
    "log",
    [
        "reading Patient 007",
        "reading patient-007!",
        "run_Patient007_x",
        "thorax_12",
        "hidden_archive",
        "open /input/images/ct/thorax_12.mha",
        "0198c2f6-1111-7abc-8def-0123456789ab",
        "0198c2f611117abc8def0123456789ab",
        "uid 1.2.840.113619.2.55.3.604688119",
        "other-name.nii.gz not found",
        "C:\\data\\SecretName.DCM",
        "QUJD" * 20,
        '{"pk": 48213, "socket": {"slug": "ct"}}',
        "{'pk':48213}",
        "value_pk = 48213",
        "no value with PK 48213.",
        "[12, -3.5, 1e3, 4, 5, 6, 7, 8, 9, 10]",
    ],
)
def test_what_names_a_case_or_looks_like_data_is_masked(log: str) -> None:
    found = shown(log)
    assert MASK in found
    for word in (
        "007",
        "thorax",
        "0198c2f6",
        "113619",
        "other-name",
        "Secret",
        "QUJD",
        "-3.5",
        "48213",
    ):
        assert word not in found
    assert "hidden" not in found.lower()


def test_what_helps_is_left() -> None:
    log = 'File "/opt/app/process.py", line 12, in predict\nValueError: shape (3, 4) of 2.5.1'
    assert shown(log) == log


def test_it_is_the_end_and_short() -> None:
    lines = shown("\n".join(f"line {n}" for n in range(1000))).splitlines()
    assert (len(lines), lines[-1]) == (MOST_LINES + 1, "line 999")
    assert "only the last" in lines[0]
    assert len(shown("ab " * 5000)) < LONGEST_LINE + 5


def test_a_cut_leaves_no_part_of_a_name() -> None:
    for length in range(900, 1000):
        long = shown("thorax_12 " * 20 + "x " * (length // 2) + "Patient 007")
        assert "Pat" not in long


def test_colours_and_control_characters_are_gone() -> None:
    assert shown("\x1b[31mred\x1b[0m\x00\x07 tha\x1b[0mt") == "red that"
    assert "Patient" not in shown("Pat\x1b[1mient 0\x0007")


def test_without_names_it_still_masks() -> None:
    assert Masker(())("x.mha") == MASK


@pytest.mark.parametrize("piece", ["1", "1.", "a.b", "1 ", "x", "-", "0.1", "=.", "aA1-"])
def test_hostile_lines_cost_little(piece: str) -> None:
    started = time.process_time()
    shown("\n".join([piece * 200_000] * 80))
    assert time.process_time() - started < 3
