"""Who may speak for a worker: no person at all, whatever they may do otherwise."""

from tests.permissions.table import REFUSED, Row, api, pk

_NOBODY: frozenset[str] = frozenset()


def _workers_only(route: str, path: dict[str, str] | None = None) -> list[Row]:
    return api(f"api:execution-{route}", "POST", _NOBODY, others=REFUSED, path=path or {})


EXECUTION = [
    *_workers_only("beat"),
    *api("api:execution-beat", "GET", _NOBODY, others=REFUSED),
    *_workers_only("claim", path=pk("run")),
    *_workers_only("report"),
    *_workers_only("outputs"),
    *_workers_only("finish"),
    *_workers_only("next"),
    *_workers_only("give-back"),
]
