"""Kinds of jobs: upper layers say how each is described and what happens when it ends.

And kinds of container images: upper layers say which page one belongs to.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.execution.contract import RunSpec


@dataclass(frozen=True)
class JobKind:
    """``build_spec(job)`` describes the run; ``on_finished(job)`` runs in the final transaction."""

    build_spec: Callable[[Any], RunSpec]
    on_finished: Callable[[Any], None]


_kinds: dict[str, JobKind] = {}
_pages: dict[str, Callable[[Any], str]] = {}


def register_job_kind(
    key: str, *, build_spec: Callable[[Any], RunSpec], on_finished: Callable[[Any], None]
) -> None:
    """Add a kind of job under its key."""
    _kinds[key] = JobKind(build_spec, on_finished)


def job_kind(key: str) -> JobKind:
    """Return the kind; raise ``KeyError`` for one that nobody registered."""
    return _kinds[key]


def register_container_page(kind: str, page: Callable[[Any], str]) -> None:
    """Say which page a container image of ``kind`` belongs to; ``page`` may answer nothing."""
    _pages[str(kind)] = page


def container_page(image: Any) -> str:
    """Return the address of the page that a container image belongs to, or nothing."""
    return _pages[image.kind](image) if image.kind in _pages else ""


def register_weights_page(page: Callable[[Any], str]) -> None:
    """Say which page model weights belong to; ``page`` may answer nothing."""
    _pages["MODEL"] = page


def weights_page(weights: Any) -> str:
    """Return the address of the page that model weights belong to, or nothing."""
    return _pages["MODEL"](weights) if "MODEL" in _pages else ""


Unneeded = Callable[[], Iterable[Any]]
_unneeded: list[Unneeded] = []


def register_unneeded(found: Unneeded) -> None:
    """Add a way to find ready archives whose storage is to be given back now."""
    _unneeded.append(found)


def unneeded_archives() -> Iterator[Any]:
    """Yield ready archives that upper layers want retired."""
    for found in _unneeded:
        yield from found()
