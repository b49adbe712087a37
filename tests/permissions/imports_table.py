"""Who may do what with imports: whoever started one, and nobody else."""

from tests.permissions.table import SIGNED_IN, Row, action, api, page, pk, roles

_OWNER = roles("archive_uploader")

IMPORTS: list[Row] = [
    *page("images:imports", SIGNED_IN),
    *page("images:import_progress", _OWNER, path=pk("import")),
    *page("images:import_files", _OWNER, path={"pk": "import", "ending": "csv"}),
    *action("images:retry_import", _OWNER, path=pk("cancelled_import")),
    *action("images:discard_import", _OWNER, path=pk("cancelled_import")),
    *api("api:upload-session-files", "GET", _OWNER, path=pk("import")),
    *api("api:upload-session-cancel", "POST", _OWNER, path=pk("import"), changes=True),
    *api("api:upload-session-retry", "POST", _OWNER, path=pk("cancelled_import"), changes=True),
]
