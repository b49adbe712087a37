"""The demo's personas, each at a browser of their own."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.e2e.portal import PASSWORD

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
FINAL = ("SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED", "READY", "INVALID")
PATIENCE = 20_000  # milliseconds that a page may take to answer
WORK_LIMIT = 240.0  # seconds that an import, a run or an evaluation may take here


@dataclass
class Person:
    """One signed-in persona; every verb ends on the page that it leads to."""

    name: str
    url: str
    context: BrowserContext
    page: Page

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def status_of(self, path: str) -> int:
        """The status with which the portal answers this person at `path`."""
        return int(self.context.request.get(self.url + path, max_redirects=0).status)

    def press(self, name: str) -> None:
        """Press the main part's button or link of this exact name."""
        main = self.page.get_by_role("main")
        button = main.get_by_role("button", name=name, exact=True)
        button.or_(main.get_by_role("link", name=name, exact=True)).first.click()

    def fill(self, **fields: str) -> None:
        """Type into the form's fields of these names."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]:visible").fill(value)

    def send(self, name: str) -> str:
        """Press the form's button; return the path of the page that follows."""
        before = self.page.url
        self.press(name)
        try:
            self.page.wait_for_url(lambda url: url != before, wait_until="load")
        except Exception as error:
            said = self.page.locator(".form-errors, .field-error, .alert").all_inner_texts()
            raise AssertionError(f"{before} was not left; the page says {said}") from error
        return self.path

    def choose_files(self, paths: Sequence[Path] | Path, *, folder: bool = False) -> None:
        """Give files (or a folder) to the upload control.

        They are sent then, or wait for the form's button where they can be looked into first.
        """
        button = "Choose a folder" if folder else re.compile("^Choose (files|a file)$")
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name=button).click()
        chooser.value.set_files(paths)
        there = "[data-uploader]:is([data-state=ready], [data-state=chosen])"
        expect(self.page.locator(there)).to_be_visible(timeout=120_000)

    def wait_for_state(self, *, within: Locator | None = None, seconds: float = WORK_LIMIT) -> str:
        """Watch the page renew itself until the state that it shows is final."""
        badge = (within or self.page.get_by_role("main")).locator("[data-state]")
        deadline = time.monotonic() + seconds
        while True:
            state = str(badge.locator("visible=true").first.get_attribute("data-state"))
            if state in FINAL:
                return state
            assert time.monotonic() < deadline, f"{self.path} was still {state}: {self.text}"
            self.page.wait_for_timeout(200)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def text(self) -> str:
        return self.page.get_by_role("main").inner_text()

    @property
    def pk(self) -> str:
        """The first identifier in the page's address."""
        found = UUID.search(self.path)
        assert found is not None, self.path
        return found.group()


@dataclass
class People:
    """Everybody who came during one module of tests; `people[""]` has not signed in."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)
    present: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        if name not in self.present:
            self.present[name] = self._sign_in(name)
        return self.present[name]

    def close(self) -> None:
        for person in self.present.values():
            person.context.close()

    def _sign_in(self, name: str) -> Person:
        context = self.browser.new_context(viewport={"width": 1280, "height": 860})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("console", lambda message: self._hear(name, message))
        person = Person(name=name, url=self.url, context=context, page=page)
        if not name:
            return person
        person.open("/sign-in/")
        person.fill(login=name, password=PASSWORD)
        person.send("Sign in")
        return person

    def _hear(self, name: str, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{name}: {message.text} ({message.location.get('url')})")


def share(person: Person, path: str, *, name: str, role: str) -> None:
    """Give somebody a role on the page of an object's people."""
    page = person.open(path)
    page.get_by_label("Add by user name or e-mail address").fill(name)
    page.get_by_label("Role", exact=True).select_option(role)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".people-list")).to_contain_text(name)
