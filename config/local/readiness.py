"""Wait until the portal says that all of it is up."""

import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.local.errors import LocalError
from config.local.signals import StopSignals
from config.local.supervisor import Supervisor

READY_WITHIN = 180.0  # seconds
DEATHS_ALLOWED = 3


def wait_until_ready(
    url: str, *, supervisor: Supervisor, signals: StopSignals, certificate: Path | None = None
) -> None:
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
        status, body = probe(f"{url}/readyz", certificate=certificate)
        if status == 200:
            return
        supervisor.tend()
        supervisor.fail_if_dying(deaths=DEATHS_ALLOWED)
        if time.monotonic() > deadline:
            raise LocalError(f"The portal is not ready after {READY_WITHIN:.0f} s: {body}")
        signals.sleep(0.2)


def probe(url: str, *, certificate: Path | None = None) -> tuple[int, str]:
    """Return the status and the body (shortened) of an address; status 0 when nothing answers.

    ``certificate`` is trusted for an https address.
    """
    try:
        trust = ssl.create_default_context(cafile=certificate)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        with opener.open(url, timeout=5) as answer:
            return answer.status, _short(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _short(error.read())
    except (OSError, ValueError) as error:
        return 0, str(error)


def _short(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())[:500]
