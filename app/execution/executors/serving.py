"""Containers that stay up between cases, on any executor.

```
server = open_server(executor, spec, observer)
try:
    result = server.invoke(spec, observer)      # and the next case, while `server.usable`
finally:
    server.close()
```
"""

from __future__ import annotations

from app.execution.contract import RunResult, RunSpec
from app.execution.contract.serving import READY_SECONDS, Pool, serves
from app.execution.executors.choose import Executor
from app.execution.executors.running import Observer

__all__ = ["Pool", "Server", "open_server", "serves"]


class Server:
    """One container that stays up. Used by one thread at a time; `close` must always be called."""

    @property
    def name(self) -> str:
        """Return how engine and work folder call it; no job's id."""
        raise NotImplementedError

    @property
    def served(self) -> int:
        """Return how many cases it has served."""
        raise NotImplementedError

    @property
    def usable(self) -> bool:
        """Tell whether it may serve another case; ask before each.

        False after anything but a success, once the container died, when a case left what cannot
        be removed, and on engines where a container serves one case only. The caller then closes
        it and opens a new one.
        """
        raise NotImplementedError

    def invoke(self, spec: RunSpec, observer: Observer) -> RunResult:
        """Serve one case; the author's mistakes are results, not exceptions.

        The observer hears what it hears of a run: `executing`, `logged`, `sampled`,
        `wants_stop`, `collecting`, and `finished` while the output files exist. Time, log and
        results are limited by `spec.limits`; image, model and the other limits must be those the
        server was opened with. Of a server whose start failed this returns why.

        Raises
        ------
        PlatformFault
            When our side broke; also when `spec` does not fit the server. It is not usable then.
        """
        raise NotImplementedError

    def pause(self) -> None:
        """Freeze the container while it is idle; it is frozen after each case anyway."""
        raise NotImplementedError

    def close(self) -> None:
        """Kill the container and remove everything of it; never raises, may be called again."""
        raise NotImplementedError


def open_server(
    executor: Executor,
    spec: RunSpec,
    observer: Observer,
    *,
    ready_seconds: float = READY_SECONDS,
) -> Server:
    """Start the container of `spec` and wait until it is ready.

    A container that does not start is a server that is not usable, whose `invoke` returns why:
    so the case that needed it ends with the reason. `observer` hears the log of the start and is
    asked whether to stop; the start's log belongs to the first case when that has the same
    observer. `spec.inputs` are not looked at.

    Raises
    ------
    PlatformFault
        When our side broke; nothing is left behind.
    """
    raise NotImplementedError
