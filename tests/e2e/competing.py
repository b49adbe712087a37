"""What people do in a challenge at its pages: join, team up, hand in, and read how it went."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from config.local.home import REPOSITORY
from tests.e2e.people import Person
from tests.e2e.portal import Portal

LOSE_ITS_WORKER = """
from datetime import timedelta
from django.utils import timezone
from app.execution.models import Job
from app.execution.services.jobs import MAX_ATTEMPTS, take_back
found = Job.objects.filter(evaluation_cases__evaluation="{evaluation}", state__in=Job.HELD)
found.update(attempts=MAX_ATTEMPTS - 1, lease_expires_at=timezone.now() - timedelta(seconds=1))
take_back(found.get())
"""


def make_algorithm(author: Person, *, title: str, container: Path) -> str:
    """Make an algorithm, wait until its container is ready, and return the algorithm's path."""
    page = author.open("/algorithms/new/")
    author.fill(title=title)
    page.locator("[name=inputs][value=medical-image]").check()
    page.locator("[name=outputs][value=segmentation]").check()
    author.send("Save")
    path = f"/algorithms/{author.pk}/"
    add_version(author, path, container=container)
    return path


def add_version(author: Person, algorithm: str, *, container: Path) -> None:
    """Upload the algorithm's next version, and wait until it is ready."""
    author.open(f"{algorithm}versions/add/")
    author.choose_files(container)
    author.send("Upload and check")
    assert author.wait_for_state() == "READY"


def make_team(leader: Person, challenge: str, *, title: str) -> None:
    """Take part, and make a team."""
    leader.open(challenge)
    leader.press("Take part")
    leader.open(f"{challenge}teams/")
    leader.fill(title=title)
    leader.press("Make a team")
    expect(leader.page.get_by_role("heading", name=title)).to_be_visible()


def bring_in(leader: Person, guest: Person, challenge: str) -> None:
    """Invite somebody who takes part; they accept."""
    leader.open(f"{challenge}teams/")
    leader.fill(name=guest.name)
    leader.press("Invite")
    expect(leader.page.get_by_role("main")).to_contain_text("Invited")
    guest.open(f"{challenge}teams/")
    guest.press("Accept")
    expect(guest.page.get_by_role("main")).to_contain_text("Your team.")


def submit(author: Person, phase: str, *, algorithm: str) -> str:
    """Hand in, and return the evaluation's path."""
    page = author.open(f"{phase}submit/")
    page.get_by_label("Algorithm").select_option(algorithm)
    return author.send("Submit")


def lose_worker(portal: Portal, evaluation: str) -> None:
    """Do what the portal does when a case's worker is gone for the last time that it may be."""
    script = LOSE_ITS_WORKER.format(evaluation=evaluation)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=portal.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
