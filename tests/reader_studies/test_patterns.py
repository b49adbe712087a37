"""Expressions for texts: the same answers as Python's own matcher, in time that stays short."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_studies.answer_types import UnusablePattern, compile_pattern

PATTERNS = (
    *("", "a", "abc", "a|b", "a|bc|", "(ab)*", "(a|b)+c", "a?b?c?", "a*?b", "(?:ab){2}", "x{2,3}"),
    *("x{2,}", "x{,2}y", "[abc]+", "[^abc]", "[a-c0-9]", r"\d{2}-\d{2}", r"\w+\s\w+", r"\W", r"\S"),
    *(r"^\d+$", r"^a|b$", r"\bab\b", r"\Bb", r"\Aab\Z", ".", "a.c", "(?i)AbC", "(?i)[a-c]x"),
    *("(a(b(c)?)?)?d", "(?P<name>a+)b", r"[\d\-]+", r"[^\s,]+,[^\s,]+", "(|a)+b", "((a*)*)*b"),
)
TEXTS = (
    "",
    "a",
    "b",
    "ab",
    "abc",
    "aabbc",
    "xx",
    "xxxx",
    "xy",
    "12-34",
    "ab ab",
    "A\nB",
    "ABCX",
    "é_1",
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("text", TEXTS)
def test_like_python(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).found_in(text) == bool(re.search(pattern, text))


parts = st.sampled_from(
    ["a", "b", "1", " ", ".", r"\d", r"\w", "[ab]", "[^a1]", "^", "$", r"\b", "a|b", "(a|1)"]
)
repeats = st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "*?"])


@st.composite
def expressions(draw: st.DrawFn) -> str:
    chosen = draw(st.lists(st.tuples(parts, repeats), max_size=5))
    return "".join(f"(?:{part}){repeat}" for part, repeat in chosen)


@settings(max_examples=300, deadline=None)
@given(expressions(), st.text(alphabet="ab1 _\n", max_size=12))
def test_like_python_on_anything(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).found_in(text) == bool(re.search(pattern, text))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*x", "(a*)*(a*)*(a*)*b"])
def test_no_expression_takes_long(pattern: str) -> None:
    start = time.process_time()
    compile_pattern(pattern).found_in("a" * 2000 + "!")
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"(a)\1", "(?=a)b", "(?!a)b", "(?<=a)b", "(", "[", "*", "a++", "(?>a)", "(?s)."),
        *("(?i:a)b", "a{1000}{1000}", "((a{100}){100}){100}", "x" * 501, "(?P<n>a)(?P=n)"),
        "a{99999999999}",
    ],
)
def test_refused(pattern: str) -> None:
    with pytest.raises(UnusablePattern) as raised:
        compile_pattern(pattern)
    assert len(str(raised.value)) < 200


def test_a_text_that_is_too_long_for_the_expression() -> None:
    with pytest.raises(UnusablePattern, match="too long"):
        compile_pattern("(abc){600}").found_in("abc" * 3000)


@pytest.mark.parametrize("pattern", ["(){0,4000000000}", "(?:){4000000000}", "(()){2,4000000}x"])
def test_repeating_nothing_is_nothing(pattern: str) -> None:
    found = compile_pattern(pattern)
    assert len(found.program) < 10
    assert found.found_in("x")


@pytest.mark.parametrize("opened", ["(", "(|"])
@pytest.mark.parametrize("calls", [0, 600])
def test_nested_too_deeply_wherever_it_is_asked_from(opened: str, calls: int) -> None:
    def refused(left: int) -> None:
        if left:
            refused(left - 1)
        else:
            with pytest.raises(UnusablePattern, match="nested too deeply"):
                compile_pattern(opened * 120 + "a" + ")" * 120)

    refused(calls)
    assert compile_pattern("(" * 25 + "a" + ")*" * 25).found_in("a")


def test_large_sets_of_letters_cost_what_they_hold() -> None:
    letters = "".join(chr(number) for number in range(0x400, 0x400 + 2 * 230, 2))
    sets = compile_pattern(f"(?i)([{letters}]?){{50}}$")
    with pytest.raises(UnusablePattern, match="too long"):
        sets.found_in("a" * 5_000)
    assert compile_pattern("([abc]?){50}$").found_in("a" * 100)
