"""The machine's Chromium, as tests start it.

The headless shell takes a third of the processor's time of the whole browser for each window, and
draws with the same engine.
"""

import shutil
from typing import Any

from config.local.packages import BROWSER

PROGRAM = next(filter(None, map(shutil.which, BROWSER.programs)), None)
CHROMIUM: dict[str, Any] = {"executable_path": PROGRAM, "args": ["--no-sandbox"]}
"""Arguments of Playwright's ``launch``."""
