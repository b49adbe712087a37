"""Sending outputs to the addresses that the portal gave for them. Runs on workers: no database."""

import os
import time
from collections.abc import Sequence
from functools import lru_cache

import httpx

from app.execution.contract import CollectedOutput
from app.execution.executors import PlatformFault
from app.execution.gateway import (
    ENCLOSED_BYTES,
    MOST_ENCLOSED,
    Enclosed,
    Gateway,
    Sent,
    Slip,
)

_TIMEOUT = httpx.Timeout(120.0, connect=10.0)
_TRIES = 4
_REFUSED = frozenset({400, 401, 403, 404, 405, 411, 413})


def split_outputs(
    outputs: Sequence[CollectedOutput],
) -> tuple[list[CollectedOutput], list[CollectedOutput]]:
    """Return the outputs that can come along with the ending, and those that have to be sent."""
    small = [output for output in outputs if output.size <= ENCLOSED_BYTES][:MOST_ENCLOSED]
    slugs = {output.slug for output in small}
    return small, [output for output in outputs if output.slug not in slugs]


def enclose_output(output: CollectedOutput) -> Enclosed:
    """Return a small output as it comes along with the ending."""
    return Enclosed(slug=output.slug, filename=output.filename, content=output.path.read_bytes())


def send_output(gateway: Gateway, token: str, output: CollectedOutput) -> Sent:
    """Send one collected output, in parts that are never in memory together."""
    slip = gateway.request_slip(token, output)
    etags = [
        _put(address, output, slip=slip, number=number)
        for number, address in enumerate(slip.addresses)
    ]
    return Sent(slug=output.slug, etags=etags)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for all: a new client reads every certificate of the machine."""
    return httpx.Client(timeout=_TIMEOUT)


os.register_at_fork(after_in_child=_client.cache_clear)


def _put(address: str, output: CollectedOutput, *, slip: Slip, number: int) -> str:
    with output.path.open("rb") as file:
        file.seek(number * slip.part_size)
        content = file.read(slip.part_size)
    trouble = ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(0.5 * 2**attempt)
        try:
            answer = _client().put(address, content=content)
        except httpx.TransportError as error:
            trouble = type(error).__name__
            continue
        if answer.is_success and "etag" in answer.headers:
            return answer.headers["etag"]
        trouble = f"it answered {answer.status_code}"
        if answer.status_code in _REFUSED:
            break
    raise PlatformFault(f"The storage did not take an output ({trouble}).")
