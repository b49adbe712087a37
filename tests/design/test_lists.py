"""Lists: search, sorting, pages and the two kinds of nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from app.core.pages import ListPage
from app.design.components.lists import page_steps
from app.design.samples import list_page
from tests.design.rendering import HOSTILE, Elements, get, render

TABLE = (
    "{% data_table list caption='Archive items' noun='items' empty_title='No items' "
    "empty_text='Upload some.' empty_action='Upload' empty_href='/upload/' %}"
    "<thead><tr>{% sort_header list 'title' 'Title' %}{% sort_header list '-created' 'Created' %}"
    "</tr></thead><tbody><tr><td>row</td></tr></tbody>{% enddata_table %}"
)


def table(page: ListPage) -> Elements:
    """Render the sample table."""
    return Elements(render(TABLE, list=page, request=get("/archives/7/")))


def query(link: str | None) -> dict[str, list[str]]:
    """Return the parameters of a link such as ``?q=x``."""
    return parse_qs((link or "").removeprefix("?"))


def changed(**changes: Any) -> ListPage:
    """Return the sample page with changes."""
    return list_page(**changes)


def test_the_search_box_keeps_its_text_and_other_parameters() -> None:
    page = table(changed(query="lung", params={"modality": "CT"}))
    assert page.one("input", type="search")["value"] == "lung"
    assert page.one("input", type="hidden", name="modality")["value"] == "CT"
    assert page.one("form")["action"] == "/archives/7/"


def test_live_search_replaces_the_rows_alone() -> None:
    page = table(changed())
    form = page.one("form")
    assert form["hx-target"] == form["hx-select"] == "#archive-items-list-rows"
    assert page.one("div", id="archive-items-list-rows")
    assert page.one("input", type="search")["id"] == "archive-items-list-q"


def test_the_table_has_a_caption_and_sorted_heads() -> None:
    page = table(changed(sort="title", query="a"))
    assert len(page.all("caption")) == 1
    heads = page.all("th")
    assert [head["aria-sort"] for head in heads] == ["ascending", "none"]
    links = [query(link["href"]) for link in page.all("a", class_="sort")]
    assert links[0] == {"q": ["a"], "sort": ["-title"]}
    assert links[1] == {"q": ["a"], "sort": ["-created"]}


def test_a_head_sorts_back() -> None:
    page = table(changed(sort="-created"))
    assert page.all("th")[1]["aria-sort"] == "descending"
    assert query(page.all("a", class_="sort")[1]["href"])["sort"] == ["created"]


def test_the_sort_box_shows_the_current_order_even_if_reversed() -> None:
    page = table(changed(sort="-title"))
    chosen = [option["value"] for option in page.all("option") if "selected" in option]
    assert chosen == ["-title"]


def test_pages_keep_the_search() -> None:
    page = table(changed(query="lung", page=3, pages=12))
    links = [a for a in page.all("a") if "page=" in (a["href"] or "")]
    assert query(links[0]["href"]) == {"q": ["lung"], "sort": ["title"], "page": ["1"]}
    assert [query(a["href"])["page"] for a in page.all("a", aria_current="page")] == [["3"]]


def test_steps_leave_gaps() -> None:
    def numbers(page: int, pages: int) -> list[int]:
        return [step["number"] for step in page_steps(changed(page=page, pages=pages))]

    assert numbers(1, 2) == [1, 2]
    assert numbers(6, 12) == [1, 0, 4, 5, 6, 7, 8, 0, 12]
    assert numbers(12, 12) == [1, 0, 10, 11, 12]


def test_one_page_has_no_links_to_pages() -> None:
    assert render("{% pagination list %}", list=changed(pages=1)) == ""


def test_an_empty_list_says_what_to_do() -> None:
    page = table(changed(items=[], total=0, pages=1))
    assert "No items" in page.text
    assert "Upload some." in page.text
    assert page.one("a")["href"] == "/upload/"
    assert not page.tags() & {"table", "form"}


def test_a_vain_search_can_be_cleared() -> None:
    page = table(changed(items=[], total=0, pages=1, query="lung", params={"m": "CT"}))
    assert "No items match “lung”" in page.text
    assert query(page.one("a")["href"]) == {"sort": ["title"], "m": ["CT"]}
    assert page.one("input", type="search")["value"] == "lung"
    assert "table" not in page.tags()


def test_a_hostile_search_stays_text() -> None:
    for total in (0, 3):
        page = table(changed(query=HOSTILE, total=total, params={HOSTILE: HOSTILE}))
        assert not page.tags() & {"script", "img"}
        assert page.one("input", type="search")["value"] == HOSTILE
