"""The machine's Chromium and how it is started. Knows no Django: benchmarks start it, too.

The headless shell takes a third of the processor's time of the whole browser for each window, and
draws with the same engine.
"""

import shutil
from typing import Any

from config.local.packages import BROWSER

PROGRAM = next(filter(None, map(shutil.which, BROWSER.programs)), None)
CHROMIUM: dict[str, Any] = {"executable_path": PROGRAM, "args": ["--no-sandbox"]}
"""Arguments of Playwright's ``launch``."""
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # WebGL is drawn by the processor; pages painted and put together in WebGL cost it twice.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
]
"""How Chromium draws WebGL without a graphics card."""
