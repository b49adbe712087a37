"""The short table at the end of a start: where to go and whom to sign in as."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from config.settings.personas import PERSONAS


def welcome(
    console: Console, *, variables: Mapping[str, str], why_no_engine: str | None, took: str
) -> None:
    """Print the address, one sign-in per persona, and where the logs are."""
    console.print()
    console.print(f"[bold]Hounsfield runs on {escape(variables['SITE_URL'])}[/] [dim]({took})[/]")
    console.print("[dim]Sign in as    Password[/]")
    password = variables["DEMO_PASSWORD"]
    for person in PERSONAS:
        console.print(
            f"{person['username']:<13} {escape(password)}  "
            f"[dim]{person['title']}: {person['does']}[/]"
        )
    if why_no_engine:
        console.print(f"[yellow]Algorithms will wait:[/] {escape(why_no_engine)}")
    logs = Path(variables["HOUNSFIELD_HOME"]) / "logs"
    console.print(f"Logs in {escape(str(logs))}. Ctrl-C stops everything; the data are kept.")
