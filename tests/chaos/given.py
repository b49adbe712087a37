"""What the chaos run gives to do: jobs told apart by a number, and what must come of each.

Every container computes from its number, so that an output that belongs to another job, or that
was made twice, is seen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

SPACING = 20  # one of so many jobs has each special fate
PDF_SIZE = 70_000  # too large to come along with the hand-over
VOXELS = 8
HEADER = (
    "ObjectType = Image\\nNDims = 3\\nBinaryData = True\\nBinaryDataByteOrderMSB = False\\n"
    "DimSize = 2 2 2\\nElementSpacing = 1 1 1\\n"
    "ElementType = MET_UCHAR\\nElementDataFile = LOCAL\\n"
)


class Fate(StrEnum):
    """How a job is meant to end."""

    SUCCEEDS = "succeeds"
    FAILS = "its container fails"
    REFUSED = "its output is no image"
    STOPPED = "cancelled while it runs"
    RECALLED = "cancelled while it waits"


_SPECIAL = {3: Fate.STOPPED, 7: Fate.FAILS, 11: Fate.REFUSED, 17: Fate.RECALLED}


def fate_of(number: int) -> Fate:
    return _SPECIAL.get(number % SPACING, Fate.SUCCEEDS)


def is_large(number: int) -> bool:
    """Whether the job has a file and an image beside its value."""
    return fate_of(number) is Fate.REFUSED or number % 3 == 0


def is_prepared(number: int) -> bool:
    """Whether the job is there before its inputs are."""
    return number % 4 == 1


def value_of(number: int) -> dict[str, int]:
    return {"number": number, "square": number * number}


def report_of(number: int) -> bytes:
    return f"%PDF-1.4 {number}\n".encode() + b"x" * PDF_SIZE + b"%%EOF\n"


def voxels_of(number: int) -> bytes:
    return bytes([number % 251]) * VOXELS


def script(*, large: bool) -> str:
    """The program of the algorithms."""
    steps = [
        "n=$(cat /input/number.json); echo case $n.",
        f"[ $((n % {2 * SPACING})) = 7 ] && sleep 3",  # fails only after its start was told
        f"case $((n % {SPACING})) in 3) sleep 900;; 7) echo not this one >&2; exit 3;; esac",
        "[ $((n % 5)) = 0 ] && sleep 2",
        'printf \'{"number": %d, "square": %d}\' $n $((n * n)) > /output/result.json',
    ]
    if large:
        steps += [
            "mkdir -p /output/images/picture; o=$(printf %o $((n % 251)))",
            f"{{ printf '%%PDF-1.4 %d\\n' $n; head -c {PDF_SIZE} /dev/zero | tr '\\0' x; "
            "echo %%EOF; } > /output/report.pdf",
            f'v="\\\\$o"; printf "{HEADER}$v$v$v$v$v$v$v$v" > /output/images/picture/p.mha',
            f"[ $((n % {SPACING})) = 11 ] && echo junk > /output/images/picture/p.mha",
        ]
    return "\n".join([*steps, "exit 0"])


CASES = (101, 102, 104)
"""The numbers of the hidden cases of every evaluation."""


class Ending(StrEnum):
    """How an evaluation is meant to end."""

    SUCCEEDS = "succeeds"
    FAILS = "fails on a case"
    CANCELLED = "cancelled while its cases run"


def ending_of(entry: int) -> Ending:
    return {4: Ending.CANCELLED, 9: Ending.FAILS}.get(entry % 10, Ending.SUCCEEDS)


def entry_script(entry: int) -> str:
    """The program of the algorithm that is handed in as this entry."""
    ending = ending_of(entry)
    steps = ["n=$(cat /input/number.json); echo case $n."]
    if ending is Ending.CANCELLED:
        steps.append("sleep 900")
    if ending is Ending.FAILS:
        steps.append(f"[ $n = {CASES[1]} ] && exit 4")
    steps.append(
        f'printf \'{{"number": %d, "square": %d}}\' $n $((n * n + {entry})) > /output/result.json'
    )
    return "\n".join(steps)


METHOD = """
sum=0; count=0
for f in /input/*/output/result.json; do
  s=$(sed 's/.*"square": *\\([0-9]*\\).*/\\1/' $f); sum=$((sum + s)); count=$((count + 1))
done
sleep 1
printf '{"aggregates": {"dice": {"mean": %d.5}}, "cases": %d}' $sum $count > /output/metrics.json
"""


def metrics_of(entry: int) -> dict[str, Any]:
    """What the evaluation of this entry must come to."""
    total = sum(number * number + entry for number in CASES)
    return {"aggregates": {"dice": {"mean": total + 0.5}}, "cases": len(CASES)}
