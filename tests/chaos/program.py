"""`python -m tests.chaos.program MODULE ARGUMENTS`: a program of the portal with its points."""

from __future__ import annotations

import os
import runpy
import sys

import django

from tests.chaos import hooks


def main() -> None:
    is_worker = os.environ["DJANGO_SETTINGS_MODULE"] == "config.settings.worker"
    if not is_worker:
        hooks.watch_moves()
    django.setup()
    if is_worker:
        hooks.watch_worker()
    else:
        hooks.watch_portal()
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
