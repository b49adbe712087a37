"""Who may do what over the API; together with the pages this is the whole table."""

from tests.permissions.annotations_table import ANNOTATIONS
from tests.permissions.audit_table import AUDIT
from tests.permissions.endpoints_table import ENDPOINTS
from tests.permissions.execution_table import EXECUTION
from tests.permissions.hanging_table import HANGING
from tests.permissions.imports_table import IMPORTS
from tests.permissions.inbox_table import INBOX
from tests.permissions.operations_table import OPERATIONS
from tests.permissions.people_table import PEOPLE
from tests.permissions.proposals_table import TABLE as PROPOSALS
from tests.permissions.quarantine_table import QUARANTINE
from tests.permissions.reference_table import REFERENCE
from tests.permissions.requests_table import TABLE as REQUESTS
from tests.permissions.runs_table import RUNS
from tests.permissions.sign_in_table import SIGN_IN
from tests.permissions.sockets_table import SOCKETS
from tests.permissions.table import (
    ADMINISTRATOR,
    ALGORITHM,
    ALGORITHM_EDITORS,
    ARCHIVE,
    ARCHIVE_EDITORS,
    ARCHIVE_UPLOADERS,
    CHALLENGE,
    CHALLENGE_ADMINS,
    EVALUATION,
    EVERYBODY,
    INVITED,
    RUN,
    SIGNED_IN,
    STUDY,
    STUDY_EDITORS,
    SUBMITTERS,
    TEAM_CHALLENGE,
    TEAM_LEADERS,
    Row,
    api,
    page,
    pk,
    roles,
)
from tests.permissions.table import TABLE as PAGES
from tests.permissions.versions_table import VERSIONS
from tests.permissions.viewer_table import VIEWER

GENERAL = [
    *page("api:schema", EVERYBODY),
    *page("api:gcapi", EVERYBODY),
    *api("api:timezone", "POST", SIGNED_IN, body={"timezone": "Europe/Amsterdam"}),
]

IMAGES = [
    *api("api:image-list", "GET", SIGNED_IN),
    *api("api:image-detail", "GET", ARCHIVE, path=pk("archive_image")),
    *api("api:image-detail", "GET", SIGNED_IN, path=pk("shared_image")),
    *api("api:image-dicom-instances", "GET", frozenset(), path=pk("archive_image")),
    *api("api:upload-session-list", "GET", SIGNED_IN),
    *api(
        "api:upload-session-list",
        "POST",
        ARCHIVE_UPLOADERS,
        body={"archive": "archive", "uploads": "own-uploads"},
        changes=True,
    ),
    *api("api:upload-session-detail", "GET", roles("archive_uploader"), path=pk("import")),
]

ARCHIVES = [
    *api("api:archive-list", "GET", SIGNED_IN),
    *api("api:archive-list", "POST", SIGNED_IN, body={"title": "New one"}, changes=True),
    *api("api:archive-detail", "GET", ARCHIVE, path=pk("archive")),
    *api("api:archive-detail", "GET", SIGNED_IN, path=pk("shared")),
    *api(
        "api:archive-detail",
        "PATCH",
        ARCHIVE_EDITORS,
        path=pk("archive"),
        body={"title": "New name"},
        changes=True,
    ),
    *api("api:archive-item-list", "GET", SIGNED_IN),
    *api(
        "api:archive-item-list",
        "POST",
        ARCHIVE_UPLOADERS,
        body={"archive": "archive"},
        changes=True,
    ),
    *api("api:archive-item-detail", "GET", ARCHIVE, path=pk("archive_item")),
    *api(
        "api:archive-item-detail",
        "PATCH",
        ARCHIVE_UPLOADERS,
        path=pk("archive_item"),
        body={"title": "New name"},
        changes=True,
    ),
    *api(
        "api:archive-item-detail",
        "PUT",
        ARCHIVE_UPLOADERS,
        path=pk("archive_item"),
        body={"title": "New name"},
        changes=True,
    ),
]

_ANSWER = {"question": "question", "display_set": "display_set", "answer": "yes"}
STUDIES = [
    *api("api:reader-study-list", "GET", SIGNED_IN),
    *api("api:reader-study-list", "POST", SIGNED_IN, body={"title": "New one"}, changes=True),
    *api("api:reader-study-detail", "GET", STUDY, path=pk("study")),
    *api(
        "api:reader-study-detail",
        "PATCH",
        STUDY_EDITORS,
        path=pk("study"),
        body={"title": "New name"},
        changes=True,
    ),
    *api(
        "api:reader-study-ground-truth",
        "GET",
        STUDY,
        path={"pk": "study", "case_pk": "display_set"},
    ),
    *api("api:question-list", "GET", SIGNED_IN),
    *api(
        "api:question-list",
        "POST",
        STUDY_EDITORS,
        body={"reader_study": "study", "text": "Sure?", "answer_type": "Bool"},
        changes=True,
    ),
    *api("api:question-detail", "GET", STUDY, path=pk("question")),
    *api(
        "api:question-detail",
        "PATCH",
        STUDY_EDITORS,
        path=pk("question"),
        body={"text": "Really?"},
        changes=True,
    ),
    *api("api:display-set-list", "GET", SIGNED_IN),
    *api(
        "api:display-set-list",
        "POST",
        STUDY_EDITORS,
        body={"reader_study": "study_slug"},
        changes=True,
    ),
    *api("api:display-set-detail", "GET", STUDY, path=pk("display_set")),
    *[
        row
        for method in ("PATCH", "PUT")
        for row in api(
            "api:display-set-detail",
            method,
            STUDY_EDITORS,
            path=pk("display_set"),
            body={"title": "New name"},
            changes=True,
        )
    ],
    *api("api:answer-list", "GET", SIGNED_IN),
    *api("api:answer-mine", "GET", SIGNED_IN),
    *api("api:answer-list", "POST", STUDY, body=_ANSWER, changes=True),
    *api("api:answer-detail", "GET", roles("study_reader", "study_editor"), path=pk("given")),
    *[
        row
        for method in ("PATCH", "PUT")
        for row in api(
            "api:answer-detail",
            method,
            frozenset({"study_reader"}),
            path=pk("given"),
            body={"answer": "no"},
        )
    ],
]

_SOCKETS = {"inputs": "socket-list", "outputs": "overlay-list"}
ALGORITHMS = [
    *api("api:algorithm-list", "GET", SIGNED_IN),
    *api("api:algorithm-list", "POST", SIGNED_IN, body={"title": "New", **_SOCKETS}, changes=True),
    *api("api:algorithm-detail", "GET", ALGORITHM, path=pk("algorithm")),
    *api(
        "api:algorithm-detail",
        "PATCH",
        ALGORITHM_EDITORS,
        path=pk("algorithm"),
        body={"title": "New name"},
        changes=True,
    ),
    *api("api:algorithm-image-list", "GET", SIGNED_IN),
    *api(
        "api:algorithm-image-list",
        "POST",
        ALGORITHM_EDITORS,
        body={"algorithm": "algorithm", "user_upload": "own-upload"},
        changes=True,
    ),
    *api("api:algorithm-image-detail", "GET", ALGORITHM, path=pk("version")),
    *api("api:job-list", "GET", SIGNED_IN),
    *api(
        "api:job-list",
        "POST",
        ALGORITHM,
        body={"algorithm": "algorithm", "inputs": "shared-input"},
        changes=True,
    ),
    *[
        row
        for name in ("detail", "log", "log-stream")
        for row in [
            *api(f"api:job-{name}", "GET", RUN, path=pk("job")),
            *api(f"api:job-{name}", "GET", ADMINISTRATOR, path=pk("evaluation_job")),
        ]
    ],
    *api("api:job-cancel", "POST", roles("run_creator"), path=pk("waiting_job")),
]

CHALLENGES = [
    *api("api:challenge-list", "GET", SIGNED_IN),
    *api(
        "api:challenge-list",
        "POST",
        roles("verified_author"),
        body={"title": "New one"},
        changes=True,
    ),
    *api("api:challenge-detail", "GET", CHALLENGE, path=pk("challenge")),
    *api(
        "api:challenge-detail",
        "PATCH",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={"title": "New name"},
        changes=True,
    ),
    *api(
        "api:challenge-clone",
        "POST",
        roles("verified_author"),
        path=pk("own_challenge"),
        body={"title": "Clone"},
        changes=True,
    ),
    *api("api:challenge-design", "GET", CHALLENGE, path=pk("challenge")),
    *api(
        "api:challenge-design",
        "PUT",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={"document": "a-design", "reason": "Why"},
        changes=True,
    ),
    *api(
        "api:phase-design",
        "PUT",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"document": "a-design", "reason": "Why"},
        changes=True,
    ),
    *api("api:phase-list", "GET", SIGNED_IN),
    *api(
        "api:phase-list",
        "POST",
        CHALLENGE_ADMINS,
        body={"challenge": "challenge", "archive": "own-archive", "title": "New one"},
    ),
    *api("api:phase-detail", "GET", CHALLENGE, path=pk("phase")),
    *api(
        "api:phase-detail",
        "PATCH",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"title": "New name"},
        changes=True,
    ),
    *api("api:phase-leaderboard", "GET", CHALLENGE, path=pk("phase")),
    *api("api:combined-leaderboard-list", "GET", SIGNED_IN),
    *api("api:combined-leaderboard-detail", "GET", CHALLENGE, path=pk("combined")),
    *api("api:phase-standing", "GET", SUBMITTERS, path=pk("phase")),
    *api(
        "api:phase-check-predictions",
        "POST",
        SUBMITTERS,
        path=pk("predictions_phase"),
        body={"user_upload": "own-predictions"},
    ),
    *api("api:phase-starter-kit", "GET", SUBMITTERS, path=pk("phase")),
    *api(
        "api:phase-grants",
        "POST",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"user": "participant", "amount": "1", "reason": "A fault"},
        changes=True,
    ),
    *api("api:team-list", "GET", SIGNED_IN),
    *api(
        "api:team-list",
        "POST",
        SUBMITTERS,
        body={"challenge": "challenge", "title": "New"},
        changes=True,
    ),
    *api("api:team-detail", "GET", TEAM_CHALLENGE, path=pk("team")),
    *api(
        "api:team-detail",
        "PATCH",
        TEAM_LEADERS,
        path=pk("team"),
        body={"title": "Other"},
        changes=True,
    ),
    *api(
        "api:team-invite",
        "POST",
        TEAM_LEADERS,
        path=pk("team"),
        body={"name": "free"},
        changes=True,
    ),
    *api("api:team-leave", "POST", frozenset({"submission_owner"}), path=pk("team"), changes=True),
    *[
        row
        for name in ("remove-member", "hand-on")
        for row in api(
            f"api:team-{name}",
            "POST",
            TEAM_LEADERS,
            path=pk("team"),
            body={"member": "mate"},
            changes=True,
        )
    ],
    *api("api:team-invitation-list", "GET", SIGNED_IN),
    *api("api:team-invitation-detail", "GET", TEAM_CHALLENGE, path=pk("invitation")),
    *[
        row
        for name, ok in (("accept", INVITED), ("decline", INVITED), ("withdraw", TEAM_LEADERS))
        for row in api(
            f"api:team-invitation-{name}", "POST", ok, path=pk("invitation"), changes=True
        )
    ],
    *api(
        "api:phase-methods",
        "POST",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"user_upload": "own-upload"},
        changes=True,
    ),
    *api(
        "api:phase-ground-truths",
        "POST",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"user_upload": "own-tar"},
        changes=True,
    ),
    *api("api:submission-list", "GET", SIGNED_IN),
    *api(
        "api:submission-list",
        "POST",
        SUBMITTERS,
        body={"phase": "phase", "algorithm": "own-algorithm"},
    ),
    *api("api:submission-detail", "GET", EVALUATION, path=pk("submission")),
    *api("api:evaluation-list", "GET", SIGNED_IN),
    *api("api:evaluation-detail", "GET", EVALUATION, path=pk("evaluation")),
    *api(
        "api:submission-choose",
        "POST",
        frozenset({"submission_owner"}),
        path=pk("submission"),
        changes=True,
    ),
    *api(
        "api:submission-evaluate-again",
        "POST",
        CHALLENGE_ADMINS,
        path=pk("submission"),
        body={"cause": "Corrected"},
        changes=True,
    ),
    *api(
        "api:phase-evaluate-again",
        "POST",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"cause": "Corrected"},
        changes=True,
    ),
    *api("api:evaluation-progress", "GET", EVALUATION, path=pk("evaluation")),
    *api("api:evaluation-scores", "GET", CHALLENGE_ADMINS, path=pk("evaluation")),
]

_STRANGER = frozenset({"stranger"})
ACCOUNT = [
    *api("api:profile", "GET", SIGNED_IN),
    *api("api:notification-list", "GET", SIGNED_IN),
    *api("api:notification-detail", "GET", _STRANGER, path=pk("notification")),
    *[
        row
        for method in ("PATCH", "PUT")
        for row in api(
            "api:notification-detail",
            method,
            _STRANGER,
            path=pk("notification"),
            body={"read": "true"},
        )
    ],
    *api("api:notification-detail", "DELETE", _STRANGER, path=pk("notification"), changes=True),
    *api("api:subscription-list", "GET", SIGNED_IN),
    *api("api:subscription-detail", "GET", frozenset(), path=pk("notification")),
]

API: list[Row] = [
    *GENERAL,
    *IMAGES,
    *ARCHIVES,
    *STUDIES,
    *ALGORITHMS,
    *CHALLENGES,
    *ACCOUNT,
]
TABLE = [
    *PROPOSALS,
    *PAGES,
    *API,
    *PEOPLE,
    *REFERENCE,
    *SIGN_IN,
    *REQUESTS,
    *INBOX,
    *AUDIT,
    *QUARANTINE,
    *IMPORTS,
    *RUNS,
    *VERSIONS,
    *EXECUTION,
    *ENDPOINTS,
    *OPERATIONS,
    *SOCKETS,
    *VIEWER,
    *HANGING,
    *ANNOTATIONS,
]
