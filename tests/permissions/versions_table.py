"""Who may do what with versions, model weights and interfaces of algorithms."""

from tests.permissions.table import (
    ALGORITHM,
    ALGORITHM_EDITORS,
    SIGNED_IN,
    Row,
    action,
    api,
    form,
    page,
    pk,
)

_EDITORS = ALGORITHM_EDITORS
_STAGE = {"to": "STAGING", "comment": "Looked at."}
_UPLOAD = {"uploads": "own-upload"}
_LIMITS = {"time_limit": "60", "gpus": "0", "writable_root_mb": "0"}
_SOCKETS = {"inputs": "segmentation", "outputs": "medical-image"}
_ANOTHER = {"algorithm": "algorithm", "user_upload": "own-upload"}


def _pages(kind: str, name: str) -> list[Row]:
    """The page of a version or a model, and its buttons."""
    return [
        *page(f"algorithms:{kind}", ALGORITHM, path=pk(name)),
        *form(f"algorithms:add_{kind}", _EDITORS, path=pk("algorithm"), body=_UPLOAD),
        *action(f"algorithms:stage_{kind}", _EDITORS, path=pk(name), body=_STAGE),
        *form(f"algorithms:restore_{kind}", _EDITORS, path=pk(f"retired_{name}"), body=_UPLOAD),
        *action(f"algorithms:delete_{kind}", _EDITORS, path=pk(f"unused_{name}")),
    ]


VERSIONS: list[Row] = [
    *_pages("version", "version"),
    *_pages("model", "model"),
    *page("algorithms:statistics", ALGORITHM, path=pk("algorithm")),
    *form("algorithms:limits", _EDITORS, path=pk("algorithm"), body=_LIMITS),
    *action("algorithms:publish", _EDITORS, path=pk("algorithm"), body={}),
    *form("algorithms:add_interface", _EDITORS, path=pk("algorithm"), body=_SOCKETS),
    *action("algorithms:remove_interface", _EDITORS, path=pk("second_interface")),
    *action("algorithms:offer_interface", _EDITORS, path=pk("withdrawn_interface")),
    *[
        row
        for route, name in (
            ("algorithm-image", "version"),
            ("algorithm-model", "model"),
        )
        for row in [
            *api(
                f"api:{route}-detail",
                "PATCH",
                _EDITORS,
                path=pk(name),
                body={"stage": "STAGING"},
                changes=True,
            ),
            *api(f"api:{route}-detail", "DELETE", _EDITORS, path=pk(f"unused_{name}")),
        ]
    ],
    *api("api:algorithm-model-list", "GET", SIGNED_IN),
    *api("api:algorithm-model-list", "POST", _EDITORS, body=_ANOTHER, changes=True),
    *api("api:algorithm-model-detail", "GET", ALGORITHM, path=pk("model")),
    *api("api:algorithm-interface-list", "GET", SIGNED_IN),
    *api(
        "api:algorithm-interface-list",
        "POST",
        _EDITORS,
        body={"algorithm": "algorithm", "inputs": "overlay-list", "outputs": "socket-list"},
        changes=True,
    ),
    *api("api:algorithm-interface-detail", "GET", ALGORITHM, path=pk("second_interface")),
    *api("api:algorithm-interface-detail", "DELETE", _EDITORS, path=pk("second_interface")),
]
