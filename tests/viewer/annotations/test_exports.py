"""What annotations measure, for other programs; and what a person's copy of their data holds."""

import csv
from collections.abc import Callable
from io import StringIO

import numpy as np
import pytest
from numpy.typing import NDArray

from app.accounts.personal_data import personal_data
from app.audit.models import Event
from app.images.models import Image
from app.sockets.schemas import KINDS
from tests.viewer.annotations.conftest import Hand, packed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


def rows(hand: Hand) -> list[dict[str, str]]:
    answer = hand.get("measurements.csv", **hand.place)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_json_and_table_say_the_same(hand: Hand) -> None:
    length = hand.draw(value={**KINDS["DIST"].example, "start": [0, 0, 0], "end": [3, 4, 0]})
    many = {**KINDS["MPOI"].example}
    hand.draw(kind="MPOI", tool="points", value=many)
    said = hand.get("measurements/", **hand.place).json()
    assert said[0]["annotation"] == length["annotation"]
    assert (said[0]["quantity"], said[0]["value"], said[0]["unit"]) == ("length", 5.0, "mm")
    assert [(one["item"], one["name"], one["quantity"]) for one in said[1:4]] == [
        (0, "Finding 1", axis) for axis in "xyz"
    ]
    for row, one in zip(rows(hand), said, strict=True):
        assert {name: str("" if said is None else said) for name, said in one.items()} == row


def test_a_mask_measures_the_volume_of_each_segment(hand: Hand, image: Image) -> None:
    image.spacing = [0.5, 0.5, 3.0]
    image.save()
    drawn = np.zeros((64, 48), "u1")
    drawn[:4, :5] = 1
    begun = hand.mask(slices=[packed(drawn, index=3), packed(drawn, index=4)])
    changed = hand.change(begun["annotation"], begun["id"], slices=[packed(drawn * 2, index=4)])
    hand.send(begun, changed)
    said = hand.get("measurements/", **hand.place).json()
    assert [(one["name"], one["quantity"], one["value"]) for one in said] == [
        ("Nodule", "voxels", 20),
        ("Nodule", "volume", 15.0),
        ("Vessel", "voxels", 20),
        ("Vessel", "volume", 15.0),
    ]


def test_values_of_voxels_are_said_where_asked(
    hand: Hand, volume: NDArray[np.int16], image: Image
) -> None:
    box = [[10, 20, 8], [30, 20, 8], [30, 40, 8], [10, 40, 8]]  # slices are 2 mm apart
    hand.draw(kind="2DBB", tool="rectangle", value={**KINDS["2DBB"].example, "corners": box})
    drawn = np.zeros((64, 48), "u1")
    drawn[3:9, 5:12] = 2
    hand.send(hand.mask(slices=[packed(drawn, index=7), packed(drawn * 0, index=2)]))
    assert "mean" not in {one["quantity"] for one in hand.get("measurements/", **hand.place).json()}
    said = hand.get("measurements/", **hand.place, values="true").json()
    for kind, name, voxels in (
        ("2DBB", KINDS["2DBB"].example["name"], volume[4, 20:40, 10:30]),
        ("SEG", "Vessel", volume[7, 3:9, 5:12]),
    ):
        found = {
            one["quantity"]: one["value"]
            for one in said
            if (one["kind"], one["name"]) == (kind, name)
        }
        assert found["voxels with a value"] == voxels.size, kind
        assert found["mean"] == pytest.approx(voxels.mean(), abs=1e-5)
        assert found["standard deviation"] == pytest.approx(voxels.std(), abs=1e-5)
        assert (found["minimum"], found["maximum"]) == (voxels.min(), voxels.max())
    nothing = {one["quantity"] for one in said if one["name"] == "Nodule"}
    assert nothing == {"voxels", "volume", "voxels with a value"}


STATISTICS = "viewer.annotations.services.statistics"


@pytest.mark.parametrize(
    ("limit", "most", "said"),
    [
        ("MOST_VOXELS", 3_100, "more than 3,100 voxels together"),
        ("MOST_VOXELS", 3_000, "too large"),
        ("MOST_READ_BYTES", 10, "too large"),
    ],
)
def test_values_are_not_asked_for_without_end(
    hand: Hand, image: Image, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, said: str
) -> None:
    box = {**KINDS["2DBB"].example, "corners": [[1, 2, 8], [3, 2, 8], [3, 4, 8], [1, 4, 8]]}
    for _ in range(4):  # however small, each costs a thousand
        hand.draw(kind="2DBB", tool="rectangle", value=box)
    monkeypatch.setattr(f"{STATISTICS}.{limit}", most)
    refused = hand.get("measurements/", **hand.place, values="true")
    assert (refused.status_code, said in refused.content.decode()) == (400, True)
    assert hand.get("measurements/", **hand.place).status_code == 200
    image.components = 3  # colors are not looked at, so they cost nothing
    image.save()
    assert hand.get("measurements/", **hand.place, values="true").status_code == 200


def test_millimeters_that_are_none_are_marked(hand: Hand, image: Image) -> None:
    image.spacing_valid = False
    image.save()
    hand.draw()
    assert [row["calibrated"] for row in rows(hand)] == ["False"]


def test_a_table_runs_nothing_in_a_spreadsheet(hand: Hand) -> None:
    hand.draw(label='=HYPERLINK("https://example.org")')
    assert rows(hand)[0]["label"].startswith("'=")


def test_others_and_deleted_ones_are_left_out(hand: Hand, sit_down: Callable[..., Hand]) -> None:
    gone = hand.draw()
    hand.send(hand.change(gone["annotation"], gone["id"], deleted=True))
    sit_down().draw()
    assert rows(hand) == []
    assert Event.objects.filter(name="viewer.annotations.exported").count() == 1


def test_a_persons_copy_of_their_data_holds_what_they_drew(
    hand: Hand, sit_down: Callable[..., Hand]
) -> None:
    drawn = hand.draw(label="Nodule")
    sit_down().draw()
    (kind,) = [kind for kind in personal_data() if kind.name == "annotations"]
    (row,) = kind.exporter(hand.user)
    assert (str(row["id"]), row["label"], row["value"]) == (
        drawn["annotation"],
        "Nodule",
        drawn["value"],
    )
