"""Who may do what with endpoints and their calls."""

from tests.permissions.table import (
    ALGORITHM,
    ALGORITHM_EDITORS,
    SIGNED_IN,
    Row,
    action,
    api,
    page,
    pk,
    roles,
)

OWNER = roles("run_creator")
CALL = roles("run_creator", "algorithm_editor")
_CALLER = frozenset({"algorithm_user"})
_CALL = {"endpoint": "own_endpoint", "inputs": "shared-input"}
_HOW = {"how": "ends"}

ENDPOINTS: list[Row] = [
    *page("algorithms:endpoints", SIGNED_IN),
    *page("algorithms:endpoint", OWNER, path=pk("endpoint")),
    *action("algorithms:start_endpoint", ALGORITHM, path=pk("warm_algorithm")),
    *action("algorithms:keep_endpoint", OWNER, path=pk("endpoint")),
    *action("algorithms:stop_endpoint", OWNER, path=pk("endpoint")),
    *action("algorithms:call_version", ALGORITHM_EDITORS, path=pk("warm_version"), body=_HOW),
    *api(
        "api:algorithm-image-calling",
        "PATCH",
        ALGORITHM_EDITORS,
        path=pk("warm_version"),
        body={"serves": "false"},
        changes=True,
    ),
    *api("api:endpoint-list", "GET", SIGNED_IN),
    *api(
        "api:endpoint-list", "POST", ALGORITHM, body={"algorithm": "warm_algorithm"}, changes=True
    ),
    *api("api:endpoint-detail", "GET", OWNER, path=pk("endpoint")),
    *api("api:endpoint-detail", "DELETE", OWNER, path=pk("endpoint"), changes=True),
    *api("api:endpoint-keep-alive", "PATCH", OWNER, path=pk("endpoint"), changes=True),
    *api("api:invocation-list", "GET", SIGNED_IN),
    *api("api:invocation-list", "POST", _CALLER, body=_CALL, changes=True),
    *api("api:invocation-detail", "GET", CALL, path=pk("call")),
    *api("api:invocation-detail", "GET", frozenset(), path=pk("job")),
    *page("algorithms:run", CALL, path=pk("call_run")),
]
