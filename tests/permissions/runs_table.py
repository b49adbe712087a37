"""Who may do what with runs, batches of them and credits."""

from tests.permissions.table import (
    ADMINISTRATOR,
    ALGORITHM,
    SIGNED_IN,
    Row,
    action,
    api,
    form,
    page,
    people,
    pk,
    roles,
)

SEEN = roles("run_creator", "run_viewer", "algorithm_editor")
OWNER = roles("run_creator")
USER = roles("algorithm_user")
_CASES = {"items": "shared_item"}
_BATCH = {"pk": "batch", "ending": "csv"}

RUNS: list[Row] = [
    *page("algorithms:runs", SIGNED_IN),
    Row("algorithms:runs", "POST", SIGNED_IN, body={"runs": "waiting_run", "do": "cancel"}),
    *page("algorithms:run_live", SEEN, path=pk("run")),
    *page("algorithms:run_log", SEEN, path=pk("run")),
    *page("algorithms:run_record", SEEN, path=pk("run")),
    *page("algorithms:run", roles("run_creator", "run_viewer"), path=pk("kept_run")),
    *form("algorithms:edit_run", OWNER, path=pk("run"), body={"title": "New name"}),
    *form("algorithms:run_again", USER, path=pk("own_run"), body={"version": "version"}),
    *page("algorithms:run_again", ADMINISTRATOR, path=pk("run")),
    *people("run", "run", OWNER, role="VIEWER", member="run_member"),
    *page("algorithms:try_out", ALGORITHM, path=pk("algorithm"), query={"source": "upload"}),
    *page("algorithms:batches", SIGNED_IN),
    *page("algorithms:batch", OWNER, path=pk("batch")),
    *page("algorithms:batch_results", OWNER, path=_BATCH),
    *action("algorithms:cancel_batch", OWNER, path=pk("batch")),
    *action("algorithms:rerun_batch", OWNER, path=pk("batch"), changes=False),
    *page("algorithms:credits", SIGNED_IN),
    *form(
        "algorithms:grant_credits",
        ADMINISTRATOR,
        body={
            "username": "stranger@example.org",
            "amount": "5",
            "starts": "2026-01-01",
            "ends": "2026-02-01",
        },
    ),
    *form("algorithms:terms", ADMINISTRATOR, path=pk("algorithm"), body={"minimum_credits": "3"}),
    *api("api:job-logs", "GET", SEEN, path=pk("job")),
    *api("api:job-usage", "GET", SEEN, path=pk("job")),
    *action("algorithms:reproduce_run", USER, path=pk("own_run")),
    *api("api:job-reproduce", "GET", SEEN, path=pk("job")),
    *api("api:job-reproduce", "POST", USER, path=pk("own_job"), changes=True),
    *api("api:job-rerun", "POST", USER, path=pk("own_job"), changes=True),
    *api(
        "api:job-share", "POST", OWNER, path=pk("job"), body={"for_editors": "false"}, changes=True
    ),
]
