"""`make viewer-server`: this machine serves viewers' sockets for a portal here or elsewhere.

With `VIEWER_SERVER_TOKEN` and `SITE_URL` it needs the site's address and nothing else. With
`VIEWER_SERVER_NAME` it shares the site's database and storage, and has its environment (or joins
the demo that runs here). What is wrong is said before anything is started.
"""

import os
import ssl
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import certifi
import httpx
from rich.markup import escape

from config.local import home as state
from config.local.attach import attach
from config.local.errors import HomeInUse, LocalError, StopRequested
from config.local.lock import exclusive
from config.local.progress import Progress
from config.local.signals import StopSignals
from config.local.steps import stop_leftovers
from config.local.supervisor import Program, Supervisor
from config.local.worker_checks import trusted_certificates
from config.settings.environment import Environment

TEND_EVERY = 0.5  # seconds
READY_WITHIN = 60.0
DEATHS_ALLOWED = 3
CLOSING = 6.0  # seconds that open sockets get when the server ends
TOO_MUCH = (
    *("SECRET_KEY", "DATABASE_URL", "STORAGE_URL", "BROKER_URL", "WORKER_TOKEN"),
    *("DELIVERY_PRIVATE_KEY_FILE", "VIEWER_SERVERS"),
)
FOR_FAR_SERVERS = (
    *("SITE_URL", "VIEWER_SERVER_TOKEN", "VIEWER_HOST", "VIEWER_PORT", "LOG_LEVEL"),
    *("SSL_CERT_FILE", "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"),
)
_PATIENCE = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True)
class Plan:
    """What is to run: its name for people, where it listens, and its environment."""

    name: str
    host: str
    port: int
    variables: Mapping[str, str]


def plan_of(environ: Mapping[str, str], *, home: Path) -> Plan:
    """Return what to run. Raises `LocalError` with a way out where the environment does not fit."""
    is_far = bool(environ.get("VIEWER_SERVER_TOKEN"))
    variables = _far(environ, home=home) if is_far else _near(environ)
    try:
        read = Environment(**{k.lower(): v for k, v in _own(variables).items()})  # type: ignore[arg-type]
    except ValueError as error:
        raise LocalError(f"The environment does not fit: {error}") from error
    name = "without keys" if is_far else read.viewer_server_name
    return Plan(name=name, host=read.viewer_host, port=read.viewer_port, variables=variables)


def _own(variables: Mapping[str, str]) -> dict[str, str]:
    names = ("VIEWER_HOST", "VIEWER_PORT", "VIEWER_SERVER_NAME", "VIEWER_SERVER_TOKEN")
    return {name: variables[name] for name in names if variables.get(name)}


def _far(environ: Mapping[str, str], *, home: Path) -> dict[str, str]:
    if not environ.get("SITE_URL"):
        raise LocalError("A viewer server needs SITE_URL, the portal's public address, too.")
    if known := [name for name in TOO_MUCH if environ.get(name)]:
        raise LocalError(
            f"{', '.join(known)} is set here, and a viewer server with a token must not know it. "
            f"Without it: env {' '.join(f'-u {name}' for name in known)} make viewer-server"
        )
    given = {name: environ[name] for name in FOR_FAR_SERVERS if environ.get(name)}
    trusted = trusted_certificates(home, environ)
    if trusted is not None:
        given["SSL_CERT_FILE"] = str(trusted)
    return {
        **given,
        "DJANGO_SETTINGS_MODULE": "config.settings.viewer",
        "HOUNSFIELD_HOME": str(home),
    }


def _near(environ: Mapping[str, str]) -> dict[str, str]:
    variables = dict(environ)
    attach(variables)
    if not variables.get("VIEWER_SERVER_NAME"):
        raise LocalError(
            "Set VIEWER_SERVER_TOKEN and SITE_URL for a viewer server without keys, or "
            "VIEWER_SERVER_NAME for one that shares the portal's database. docs/operations.md has "
            "an example of each."
        )
    if not variables.get("DATABASE_URL"):
        raise LocalError(
            "A viewer server with VIEWER_SERVER_NAME shares the portal's database: start the "
            "portal here (make demo), or give it the portal's environment (DATABASE_URL, …)."
        )
    variables.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.default")
    return variables


def check_site(variables: Mapping[str, str]) -> str:
    """Ask the site whether the token is right; return how it calls this server."""
    site = variables["SITE_URL"].rstrip("/")
    trust = ssl.create_default_context(cafile=variables.get("SSL_CERT_FILE") or certifi.where())
    headers = {"Authorization": f"Bearer {variables['VIEWER_SERVER_TOKEN']}"}
    try:
        with httpx.Client(verify=trust, timeout=_PATIENCE, trust_env=False) as client:
            answer = client.get(f"{site}/api/v1/viewer/servers/beat/", headers=headers)
    except httpx.TransportError as error:
        raise LocalError(
            f"{site} does not answer ({error}). Look at SITE_URL, the name service and the "
            f"firewalls between here and there: curl -v {site}/healthz"
        ) from error
    if answer.status_code in (401, 403):
        raise LocalError(
            "The portal does not accept this VIEWER_SERVER_TOKEN. It must be the token of one of "
            "the portal's VIEWER_SERVERS; the portal reads those when it starts."
        )
    if answer.status_code != httpx.codes.OK:
        raise LocalError(
            f"What answers at {site} is no portal of this version ({answer.status_code})."
        )
    return str(answer.json()["name"])


def program_of(plan: Plan) -> Program:
    """Return the server's command line."""
    return Program(
        name="viewer-server",
        command=(
            *(sys.executable, "-m", "uvicorn", "config.asgi_viewer:application"),
            *("--host", plan.host, "--port", str(plan.port)),
            *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
            *("--ws-max-size", "131072"),
            *("--timeout-graceful-shutdown", "3", "--no-access-log"),
        ),
        patience=CLOSING,
    )


def _run(plan: Plan, *, home: Path, progress: Progress, signals: StopSignals) -> None:
    with ExitStack() as stack:
        if left := stop_leftovers(home):
            progress.note(f"Ended {left} processes that an interrupted run had left.")
        supervisor = Supervisor(home, env=plan.variables, report=progress.note)
        stack.callback(supervisor.stop)
        supervisor.start([program_of(plan)])
        with progress.step("Starting the viewer server") as step:
            _wait_until_up(plan, supervisor, signals=signals, log=home / "logs")
            step.done = f"The viewer server {plan.name} listens on {plan.host}:{plan.port}"
        progress.note("It stands on the portal's page Operations. Ctrl-C ends it.")
        while True:
            signals.sleep(TEND_EVERY)
            supervisor.tend()


def _wait_until_up(plan: Plan, supervisor: Supervisor, *, signals: StopSignals, log: Path) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(plan.host, plan.host)  # noqa: S104 -- a comparison
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            httpx.get(f"http://{host}:{plan.port}/healthz", timeout=2.0, trust_env=False)
        except httpx.TransportError:
            pass
        else:
            return
        supervisor.tend()
        supervisor.fail_if_dying(deaths=DEATHS_ALLOWED)
        if time.monotonic() > deadline:
            raise LocalError(f"The viewer server did not answer in time; its log is in {log}.")
        signals.sleep(0.3)


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the state folder: one of its own beside the code, unless a far one names another."""
    if environ.get("HOUNSFIELD_HOME") and environ.get("VIEWER_SERVER_TOKEN"):
        return state.home_from(environ)
    return state.REPOSITORY / f".hounsfield-viewer-{environ.get('VIEWER_PORT') or 'server'}"


def main() -> int:
    """Run a viewer server; return the exit code."""
    progress, signals = Progress(), StopSignals()
    signals.install()
    try:
        home = state.prepare(home_of(os.environ))
        plan = plan_of(os.environ, home=home)
        if "VIEWER_SERVER_TOKEN" in plan.variables:
            plan = Plan(check_site(plan.variables), plan.host, plan.port, plan.variables)
        with exclusive(home):
            _run(plan, home=home, progress=progress, signals=signals)
    except StopRequested:
        progress.note("Stopped. make viewer-server starts it again.")
        return 0
    except HomeInUse:
        progress.console.print(
            "[red]A viewer server already runs here. A second one needs another VIEWER_PORT.[/]"
        )
        return 1
    except LocalError as error:
        progress.console.print(f"[red]{escape(str(error))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
