import numpy as np
import pytest

from app.challenges.ranking import ScoresInvalid, read_scores, scores_reading
from app.challenges.ranking.scores_reading import number_of
from app.challenges.ranking.table import NoScores
from tests.challenges.ranking.tables import csv_of

HEADER = "task,case,algorithm,metric,value\n"


def test_scores_become_an_array_for_each_task() -> None:
    table = read_scores(
        csv_of(
            [
                ["t1", "b", "y", "dice", "0.5"],
                ["t1", "a", "y", "dice", ""],
                ["t1", "a", "x", "hd", "3"],
                ["t2", "a", "z", "dice", "1e-1"],
            ]
        )
    )
    assert table.algorithms == ("x", "y", "z")
    assert table.metrics == ("dice", "hd")
    assert list(table.tasks) == ["t1", "t2"]
    one = table.tasks["t1"]
    assert (one.algorithms, one.cases, one.metrics) == (("x", "y"), ("a", "b"), ("dice", "hd"))
    rows, cases = one.of_metric("dice")
    np.testing.assert_array_equal(rows, [[np.nan, np.nan], [np.nan, 0.5]])
    assert cases.tolist() == [0, 1]
    rows, cases = one.of_metric("hd")
    np.testing.assert_array_equal(rows, [[3, np.nan]])
    assert cases.tolist() == [0]


def test_metric_without_scores_is_named() -> None:
    table = read_scores(csv_of([["t1", "a", "x", "dice", 1], ["t2", "a", "x", "hd", 1]]))
    with pytest.raises(NoScores, match="“t2” has no scores by “dice”"):
        table.tasks["t2"].of_metric("dice")


def test_order_of_rows_and_columns_changes_nothing_but_the_digest() -> None:
    first = read_scores(b"task,case,algorithm,metric,value\nt,a,x,d,1\nt,b,x,d,2\n")
    second = read_scores(
        b"\xef\xbb\xbfValue,metric,algorithm,case,task\r\n2,d,x,b,t\r\n\r\n1,d,x,a,t\r\n"
    )
    np.testing.assert_array_equal(first.tasks["t"].values, second.tasks["t"].values)
    assert first.tasks["t"].cases == second.tasks["t"].cases
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), (" -1 ", -1), ("+.5", 0.5), ("5.", 5), ("1E3", 1000), ("0", 0), ("1e-400", 0)],
)
def test_number_is_read(text, number) -> None:
    assert number_of(text) == (number, "")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("NaN", "NaN"),
        ("-nan", "NaN"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("1e999", "larger than 1e+30"),
        ("-1e31", "larger than 1e+30"),
        ("True", "write 1 and 0"),
        ("false", "write 1 and 0"),
        ("good", "not a number"),
        ("0,5", "not a number"),
        ("1_000", "not a number"),
        ("١", "not a number"),
        ("0x1p3", "not a number"),
        ("1e12345", "not a number"),
        ("9" * 300, "not a number"),
        ("=1+1", "not a number"),
    ],
)
def test_what_is_no_number_is_missing_and_explained(text, word) -> None:
    number, reason = number_of(text)
    assert np.isnan(number)
    assert word in reason
    table = read_scores(csv_of([["t", "c", "x", "d", text], ["t", "c", "y", "d", 1]]))
    assert np.isnan(table.tasks["t"].values[0, 0, 0])
    (problem,) = table.problems
    assert (problem.row, problem.algorithm, problem.reason) == (2, "x", reason)
    assert problem.text == text[:40]


def test_empty_value_is_missing_and_no_problem() -> None:
    table = read_scores(csv_of([["t", "c", "x", "d", "  "]]))
    assert np.isnan(table.tasks["t"].values).all()
    assert not table.problems


@pytest.mark.parametrize(
    ("data", "row", "column", "words"),
    [
        (b"", None, None, "The file is empty"),
        (HEADER.encode(), 1, None, "no scores"),
        (b"task,case,algorithm,value\n", 1, "metric", "is missing"),
        (b"task,task,case,algorithm,metric,value\n", 1, "task", "is there twice"),
        (b"task,case,algorithm,metric,value,note\n", 1, None, "not known; leave it out: 'note'"),
        ((HEADER + "t,c,x,d\n").encode(), 2, None, "4 columns instead of 5"),
        ((HEADER + "t,c,x,d,1,2\n").encode(), 2, None, "6 columns instead of 5"),
        ((HEADER + "t,,x,d,1\n").encode(), 2, "case", "The name is empty"),
        ((HEADER + "t,c,x ,d,1\n").encode(), 2, "algorithm", "spaces around the name 'x '"),
        ((HEADER + "t,c,x\0,d,1\n").encode(), 2, "algorithm", "cannot be seen"),
        ((HEADER + "t,c,\u202ex,d,1\n").encode(), 2, "algorithm", "cannot be seen"),
        ((HEADER + f"t,{'c' * 201},x,d,1\n").encode(), 2, "case", "longer than 200"),
        ((HEADER + "t,c,x,d,1\nt,c,x,d,1\n").encode(), 3, "value", "in row 2 already"),
        ((HEADER + "t,c,x,d,1\nt,c,\xff,d,1\n").encode("latin-1"), 3, None, "not UTF-8"),
        ((HEADER + 't,c,"x,d,1\n').encode(), 2, None, "This is not CSV"),
        ((HEADER + 't,c,"x"y,d,1\n').encode(), 2, None, "This is not CSV"),
        ((HEADER + f"t,c,x,d,{'1' * 200_000}\n").encode(), 2, None, "This is not CSV"),
    ],
)
def test_bad_file_is_refused_with_the_place(data, row, column, words) -> None:
    with pytest.raises(ScoresInvalid) as caught:
        read_scores(data)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert words in str(caught.value)
    if row is not None:
        assert str(caught.value).startswith(f"Row {row}")


def test_sparse_scores_take_no_memory(monkeypatch) -> None:
    monkeypatch.setattr(scores_reading, "MOST_CELLS", 999)
    rows = [["t", f"c{n}", f"a{n}", f"m{n}", 1] for n in range(10)]
    with pytest.raises(ScoresInvalid, match="10 cases, 10 algorithms and 10 metrics"):
        read_scores(csv_of(rows))
    monkeypatch.setattr(scores_reading, "MOST_CELLS", 1999)
    twice = rows + [["u", *row[1:]] for row in rows]
    with pytest.raises(ScoresInvalid, match="The task “u” has 10 cases"):
        read_scores(csv_of(twice))
    monkeypatch.setattr(scores_reading, "MOST_CELLS", 2000)
    assert len(read_scores(csv_of(twice)).tasks) == 2


def test_the_first_repeated_row_is_named() -> None:
    rows = [["t", case, "x", "d", 1] for case in ("b", "a", "c", "a", "b")]
    with pytest.raises(ScoresInvalid, match=r"case “a”.* in row 3 already") as caught:
        read_scores(csv_of(rows))
    assert caught.value.row == 5


def test_too_large_a_file_is_refused_unread(monkeypatch) -> None:
    monkeypatch.setattr(scores_reading, "MOST_BYTES", 10)
    with pytest.raises(ScoresInvalid, match="more than"):
        read_scores(b"x" * 11)
