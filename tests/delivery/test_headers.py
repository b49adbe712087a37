"""File names and types from outside, made safe for a header."""

import pytest

from app.delivery.headers import content_disposition, safe_content_type
from app.delivery.ranges import RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("scan.mha", 'attachment; filename="scan.mha"'),
        ('a"b.mha', "attachment; filename=\"a_b.mha\"; filename*=UTF-8''a%22b.mha"),
        ("a\r\nX: y", "attachment; filename=\"aX_ y\"; filename*=UTF-8''aX%3A%20y"),
        ("../../x.mha", 'attachment; filename="x.mha"'),
        ("Schädel.mha", "attachment; filename=\"Scha_del.mha\"; filename*=UTF-8''Sch%C3%A4del.mha"),
        ("gnp.\u202eexe", 'attachment; filename="gnp.exe"'),
        ("", "attachment"),
        ("...", "attachment"),
    ],
)
def test_content_disposition(name: str, header: str) -> None:
    assert content_disposition(name) == header


def test_long_names_are_cut() -> None:
    assert len(content_disposition("x" * 1000)) < 250


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/pdf", "application/pdf"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("image/png\r\nX: y", "application/octet-stream"),
    ],
)
def test_safe_content_type(given: str, answered: str) -> None:
    assert safe_content_type(given) == answered


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=5-", (5, 95)),
        ("bytes=-5", (95, 5)),
        ("bytes=-500", (0, 100)),
        ("bytes=0-500", (0, 100)),
        ("bytes=9-5", None),
        ("bytes=0-1,4-5", None),
        ("", None),
        ("bytes=\u0661-", None),
    ],
)
def test_parse_range(header: str, found: tuple[int, int] | None) -> None:
    assert parse_range(header, size=100) == found


@pytest.mark.parametrize(("header", "size"), [("bytes=9-", 9), ("bytes=-0", 9), ("bytes=-5", 0)])
def test_ranges_outside(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, size=size)
