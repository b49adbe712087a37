"""Lists: search, sort, paging, and parameters that somebody made up."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from app.accounts.models import User
from app.core.pages import ListPage, list_page
from archives.models import Archive

SORTS = (("title", "Title"), ("-modified", "Last changed"))


def page_of(**parameters: Any) -> ListPage:
    """Return the page; counting with the rows gives the same."""
    request = RequestFactory().get("/", parameters)
    found = [
        list_page(
            request,
            Archive.objects.all(),
            search=("title", "description"),
            sorts=SORTS,
            size=10,
            counted_with_rows=counted_with_rows,
        )
        for counted_with_rows in (False, True)
    ]
    assert found[0] == found[1]
    return found[0]


@pytest.fixture
def archives(db: None) -> None:
    Archive.objects.bulk_create(
        Archive(
            title=f"Archive {n:02d}",
            slug=f"archive-{n}",
            description="odd" if n % 2 else "even",
        )
        for n in range(25)
    )


@pytest.mark.usefixtures("archives")
class TestListPage:
    def test_counting_with_the_rows_takes_one_query(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        request = RequestFactory().get("/", {"page": "2"})
        rows = Archive.objects.all()
        with django_assert_num_queries(1):
            page = list_page(request, rows, search=(), sorts=SORTS, size=10, counted_with_rows=True)
        assert (page.page, page.pages, page.total, len(page.items)) == (2, 3, 25, 10)

    def test_first_page_in_default_order(self) -> None:
        page = page_of()
        assert [row.title for row in page.items] == [f"Archive {n:02d}" for n in range(10)]
        assert (page.page, page.pages, page.total, page.is_filtered) == (1, 3, 25, False)

    def test_last_page_is_short(self) -> None:
        assert len(page_of(page=3).items) == 5

    def test_reverse_order(self) -> None:
        assert page_of(sort="-title").items[0].title == "Archive 24"

    def test_search_looks_at_every_named_field_without_case(self) -> None:
        assert page_of(q="ODD").total == 12
        assert [row.title for row in page_of(q="archive 07").items] == ["Archive 07"]
        assert page_of(q="odd").is_filtered

    def test_search_characters_mean_themselves(self) -> None:
        assert page_of(q="%").total == 0
        assert page_of(q="_").total == 0

    @pytest.mark.parametrize("page", ["0", "-1", "99", "x", "", "1e9", "9" * 5000, "\x00", "１"])
    def test_hostile_page_numbers_give_some_page(self, page: str) -> None:
        assert 1 <= page_of(page=page).page <= 3

    @pytest.mark.parametrize(
        "sort",
        [
            "--title",
            "---title",
            "-",
            "pk",
            "memberships__user__password",
            "?",
            "title\x00",
            "id;--",
        ],
    )
    def test_only_offered_orders_are_taken(self, sort: str) -> None:
        page = page_of(sort=sort)
        assert page.sort == "title"
        assert page.items[0].title == "Archive 00"

    @pytest.mark.parametrize("query", ["\x00", "'; DROP TABLE", "\\", "a" * 100_000, "🩻", " "])
    def test_hostile_searches_are_only_searches(self, query: str) -> None:
        assert page_of(q=query).total in {0, 25}

    def test_links_keep_search_and_order(self) -> None:
        page = page_of(q="a&b=c", sort="-title")
        assert page.link(page=2) == "?" + urlencode({"q": "a&b=c", "sort": "-title", "page": 2})


def test_hostile_parameters_through_a_real_page(signed_in: Client, user: User) -> None:
    for path in ("/archives/", "/algorithms/", "/reader-studies/", "/challenges/", "/inbox/"):
        for query in ("sort=--title", "sort=-", "page=-5", "q=%00%ff", "page=" + "9" * 5000):
            assert signed_in.get(f"{path}?{query}").status_code == 200, (path, query)
