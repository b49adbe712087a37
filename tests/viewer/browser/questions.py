"""A reader at the questions beside the picture, with nothing but keys."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.viewer.browser.reading import Reading

#: Tabs that are always enough to come round the page once.
ROUND = 150
#: The question that has the focus, and whether one of its controls has it.
FOCUSED = """() => {
  const at = document.activeElement;
  const question = at && at.closest('[data-question]');
  return question && at.matches('input, textarea, select, .panel-draw')
    ? question.dataset.question : null;
}"""


class Questions:
    """The panel of a reading."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.page = reading.page
        self.panel = self.page.locator("#reading-panel")

    def wait(self) -> None:
        """Wait until picture and questions are there and take answers."""
        expect(self.panel).to_be_visible()
        self.reading.wait_for_pictures()
        if self.panel.locator(".panel-draw").count():
            expect(self.panel.locator(".panel-draw").first).to_be_enabled()

    def question(self, text: str) -> Locator:
        begins = re.compile(rf"^\s*{re.escape(text)}")
        return self.panel.locator("[data-question]").filter(has_text=begins)

    def value(self, text: str) -> Any:
        """What the page holds of a drawing."""
        held = self.question(text).locator("input[type=hidden]").input_value()
        return json.loads(held) if held else None

    def turn_to(self, text: str) -> None:
        """Go to a question's control as the reader does, by Tab."""
        key = self.question(text).get_attribute("data-question")
        for _ in range(ROUND):
            if self.page.evaluate(FOCUSED) == key:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to: {text}")

    def draw(self, text: str) -> None:
        """Turn to a question and press its *Draw*; the picture has the keyboard then."""
        self.turn_to(text)
        self.page.keyboard.press("Enter")
        expect(self.question(text).locator(".panel-draw")).to_have_text("Stop drawing")

    def back(self) -> None:
        """From the picture to the questions."""
        self.page.keyboard.press("F6")
        expect(self.panel.locator(":focus")).to_have_count(1)

    def wait_saved(self) -> None:
        expect(self.panel.locator("#panel-message")).to_have_text("Saved")

    def go_on(self) -> None:
        """Save and go to the next case, by keys alone, and wait until the page has changed."""
        before = self.page.url
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_url(lambda url: url != before, wait_until="commit")
