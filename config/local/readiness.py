"""Wait until the portal says that all of it is up."""

import time
import urllib.error
import urllib.request

from config.local.errors import LocalError
from config.local.signals import StopSignals
from config.local.supervisor import Supervisor

READY_WITHIN = 180.0  # seconds
DEATHS_ALLOWED = 3


def wait_until_ready(url: str, *, supervisor: Supervisor, signals: StopSignals) -> None:
    """Poll `/readyz` until it answers 200, tending the programs meanwhile.

    Raises
    ------
    StepFailed
        When a program keeps dying.
    LocalError
        When the portal is not ready in time; says what it still waits for.
    """
    deadline = time.monotonic() + READY_WITHIN
    while True:
        status, body = probe(f"{url}/readyz")
        if status == 200:
            return
        supervisor.tend()
        supervisor.fail_if_dying(deaths=DEATHS_ALLOWED)
        if time.monotonic() > deadline:
            raise LocalError(f"The portal is not ready after {READY_WITHIN:.0f} s: {body}")
        signals.sleep(0.2)


def probe(url: str) -> tuple[int, str]:
    """Return the status and the body (shortened) of an address; status 0 when nothing answers."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=5) as answer:
            return answer.status, _short(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _short(error.read())
    except (OSError, ValueError) as error:
        return 0, str(error)


def _short(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())[:500]
