"""The short table at the end of a start: where to go and whom to sign in as."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.settings.personas import PERSONAS


def welcome(
    console: Console, *, variables: Mapping[str, str], why_no_engine: str | None, took: str
) -> None:
    """Print the address, one sign-in per persona, and where the logs are."""
    console.print()
    console.print(f"[bold]Hounsfield runs on {escape(variables['SITE_URL'])}[/] [dim]({took})[/]")
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False, header_style="dim")
    for title in ("Sign in as", "Password", "Who"):
        table.add_column(title)
    for person in PERSONAS:
        table.add_row(
            person["username"],
            escape(variables["DEMO_PASSWORD"]),
            f"{person['title']}, {person['does']}",
        )
    console.print(table)
    if why_no_engine:
        console.print(f"[yellow]Algorithms will wait:[/] {escape(why_no_engine)}")
    logs = Path(variables["HOUNSFIELD_HOME"]) / "logs"
    console.print(f"Logs in {escape(str(logs))}. Ctrl-C stops everything; the data are kept.")
