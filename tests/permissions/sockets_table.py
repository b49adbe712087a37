"""Who may do what with sockets: all who are signed in look, verified people make them."""

from tests.permissions.table import ARCHIVE, SIGNED_IN, Row, api, form, page, pk, roles

AUTHORS = roles("verified_author")
_NEW = {"title": "Age"}

SOCKETS: list[Row] = [
    *page("sockets:list", SIGNED_IN),
    *page("sockets:choose", AUTHORS),
    *form("sockets:create", AUTHORS, path={"kind": "INT"}, body=_NEW),
    *page("sockets:detail", SIGNED_IN, path={"slug": "medical-image"}),
    *page("sockets:schema", SIGNED_IN, path={"slug": "height"}),
    *page("sockets:value", ARCHIVE, path=pk("item_value")),
    *api("api:socket-list", "GET", SIGNED_IN),
    *api("api:socket-detail", "GET", SIGNED_IN, path=pk("socket")),
    *api("api:socket-json-schema", "GET", SIGNED_IN, path=pk("height_socket")),
    *api("api:socket-list", "POST", AUTHORS, body={**_NEW, "kind": "Integer"}, changes=True),
    *api("api:socket-kind-list", "GET", SIGNED_IN),
    *api("api:socket-kind-detail", "GET", SIGNED_IN, path=pk("MPOI")),
]
