"""What the person at the terminal sees while the portal starts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

OK, NOTE, BAD = "[green]✓[/]", "[yellow]•[/]", "[red]✗[/]"


class Progress:
    """One line per step with how long it took; a spinner beside the running one on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.terminal = self.console.is_terminal and sys.stdin.isatty()

    @contextmanager
    def step(self, doing: str) -> Iterator["Step"]:
        """Show a step while it runs and a line when it ends; a failed one is named and raised."""
        step = Step(doing)
        started = time.monotonic()
        try:
            with self.console.status(doing):
                yield step
        except BaseException:
            self.console.print(f"{BAD} {doing}: not done", markup=True)
            raise
        if step.done is not None:
            took = duration(time.monotonic() - started)
            self.console.print(f"{OK} {step.done} [dim]({took})[/]")

    def note(self, sentence: str) -> None:
        """Say one thing that is not a step."""
        self.console.print(f"{NOTE} {sentence}")
        sys.stdout.flush()

    def ask(self, question: str) -> bool:
        """Ask a yes/no question; no without a terminal."""
        if not self.terminal:
            return False
        answer = self.console.input(f"{question} [dim]\\[y/N][/] ")
        return answer.strip().lower() in ("y", "yes")


class Step:
    """A running step; `done` is the line shown at its end, None for no line at all."""

    def __init__(self, doing: str) -> None:
        self.done: str | None = doing


def duration(seconds: float) -> str:
    """Return a duration for people: `0.4 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
