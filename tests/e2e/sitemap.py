"""Every page of the site, who looks at it, and what is no page and why.

An address names objects as `World` calls them; `test_pages` refuses a route that stands nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

PHONE, DESK, WALL = 360, 1280, 2560


@dataclass(frozen=True)
class Visit:
    """One look at a page. `picture` names its screenshot in the documentation."""

    route: str
    person: str
    path: str
    picture: str = ""
    widths: tuple[int, ...] = (DESK, PHONE)
    viewer: bool = False
    status: int = 200
    note: str = ""
    pictured: tuple[int, ...] = (DESK,)

    @property
    def name(self) -> str:
        words = [self.route.replace(":", "-"), self.person, self.note]
        return "-".join(word for word in words if word)


def _visit(route: str, person: str, path: str, note: str = "", **more: object) -> Visit:
    return Visit(route=route, person=person, path=path, note=note, **more)  # type: ignore[arg-type]


EVERY_WIDTH = (DESK, PHONE, WALL)

SHELL = (
    _visit("accounts:sign_in", "", "/sign-in/", picture="sign-in"),
    _visit("web:home", "researcher", "/", picture="home", widths=EVERY_WIDTH),
    _visit("web:home", "author", "/"),
    _visit("web:home", "admin", "/"),
    _visit("accounts:profile", "radiologist", "/profile/"),
    _visit("accounts:tokens", "author", "/profile/tokens/"),
    _visit("accounts:create_token", "author", "/profile/tokens/new/"),
    _visit("notifications:inbox", "researcher", "/inbox/"),
    _visit("notifications:inbox", "radiologist", "/inbox/", note="few"),
    _visit("archives:detail", "organizer", "/archives/{archive}/", note="missing", status=404),
)

ARCHIVES = (
    _visit("archives:list", "researcher", "/archives/", picture="archives"),
    _visit("archives:list", "researcher", "/archives/?q=nothing+like+it", note="nothing-found"),
    _visit("archives:create", "researcher", "/archives/new/"),
    _visit(
        "archives:detail",
        "researcher",
        "/archives/{archive}/",
        picture="archive",
        pictured=(DESK, PHONE),
        widths=EVERY_WIDTH,
    ),
    _visit("archives:detail", "admin", "/archives/{long_import_archive}/", note="long"),
    _visit("archives:detail", "researcher", "/archives/{empty_archive}/", note="empty"),
    _visit("archives:detail", "author", "/archives/{archive}/"),
    _visit("archives:edit", "admin", "/archives/{long_import_archive}/edit/"),
    _visit("archives:people", "researcher", "/archives/{archive}/people/", picture="people"),
    _visit("archives:people", "author", "/archives/{archive}/people/"),
    _visit("archives:import", "researcher", "/archives/{empty_archive}/import/", picture="upload"),
    _visit("images:import", "researcher", "/images/imports/{import}/", picture="import"),
    _visit("images:import", "admin", "/images/imports/{long_import}/", note="long"),
    _visit("images:detail", "researcher", "/images/{image}/"),
)

IMPORTS = (
    _visit("images:imports", "researcher", "/images/imports/", picture="imports"),
    _visit("images:imports", "radiologist", "/images/imports/", note="none"),
    _visit("images:import", "researcher", "/images/imports/{import}/?outcome=all", note="all"),
)

VIEWER = (
    _visit(
        "viewer:open",
        "researcher",
        "/view/archive-item/{item}/",
        note="case",
        widths=EVERY_WIDTH,
        viewer=True,
    ),
    _visit("viewer:sessions", "researcher", "/view/sessions/"),
    _visit("viewer:protocols", "researcher", "/view/protocols/"),
    _visit("viewer:protocol", "researcher", "/view/protocols/{protocol}/"),
    _visit("viewer:create_protocol", "admin", "/view/protocols/new/"),
    _visit("viewer:edit_protocol", "admin", "/view/protocols/{protocol}/edit/"),
    _visit("viewer:configurations", "researcher", "/view/configurations/"),
    _visit("viewer:configuration", "researcher", "/view/configurations/{configuration}/"),
    _visit("viewer:create_configuration", "admin", "/view/configurations/new/"),
    _visit("viewer:edit_configuration", "admin", "/view/configurations/{configuration}/edit/"),
    _visit("viewer:preferences", "researcher", "/view/preferences/"),
    _visit("viewer:viewing", "researcher", "/view/of/archive/{archive}/"),
    _visit("viewer:open", "author", "/view/run/{run}/", picture="viewer", viewer=True),
    _visit(
        "viewer:open", "radiologist", "/view/display-set/{case}/", picture="reading", viewer=True
    ),
)

STUDIES = (
    _visit("reader_studies:list", "radiologist", "/reader-studies/"),
    _visit("reader_studies:create", "researcher", "/reader-studies/new/"),
    _visit("reader_studies:detail", "researcher", "/reader-studies/{study}/", picture="study"),
    _visit("reader_studies:detail", "radiologist", "/reader-studies/{study}/"),
    _visit("reader_studies:detail", "admin", "/reader-studies/{empty_study}/", note="empty"),
    _visit("reader_studies:edit", "researcher", "/reader-studies/{study}/edit/"),
    _visit("reader_studies:people", "researcher", "/reader-studies/{study}/people/"),
    _visit("reader_studies:add_cases", "researcher", "/reader-studies/{study}/cases/add/"),
    _visit(
        "reader_studies:add_cases",
        "researcher",
        "/reader-studies/{study}/cases/add/?archive={archive}",
        note="chosen",
    ),
    _visit("reader_studies:add_question", "researcher", "/reader-studies/{study}/questions/add/"),
    _visit(
        "reader_studies:edit_question", "researcher", "/reader-studies/questions/{question}/edit/"
    ),
    _visit("reader_studies:reference", "researcher", "/reader-studies/{study}/reference/"),
    _visit(
        "viewer:open",
        "researcher",
        "/view/reference-standard/{case}/",
        note="reference",
        viewer=True,
    ),
    _visit(
        "reader_studies:statistics",
        "researcher",
        "/reader-studies/{study}/statistics/",
        picture="statistics",
    ),
)

ALGORITHMS = (
    _visit("algorithms:list", "author", "/algorithms/"),
    _visit("algorithms:create", "author", "/algorithms/new/"),
    _visit("algorithms:detail", "author", "/algorithms/{algorithm}/", picture="algorithm"),
    _visit("algorithms:detail", "admin", "/algorithms/{failing_algorithm}/", note="refused"),
    _visit("algorithms:detail", "author", "/algorithms/{empty_algorithm}/", note="empty"),
    _visit("algorithms:edit", "author", "/algorithms/{algorithm}/edit/"),
    _visit("algorithms:people", "author", "/algorithms/{algorithm}/people/"),
    _visit("algorithms:add_version", "author", "/algorithms/{algorithm}/versions/add/"),
    _visit("algorithms:try_out", "author", "/algorithms/{algorithm}/run/"),
    _visit(
        "algorithms:try_out", "author", "/algorithms/{algorithm}/run/?archive={archive}", "chosen"
    ),
    _visit("algorithms:run", "author", "/algorithms/runs/{run}/", picture="run"),
    _visit("algorithms:run", "admin", "/algorithms/runs/{failed_run}/", note="failed"),
)

VERSIONS = (
    _visit("algorithms:version", "author", "/algorithms/versions/{version}/", picture="version"),
    _visit("algorithms:version", "admin", "/algorithms/versions/{refused_version}/", "refused"),
    _visit("algorithms:restore_version", "author", "/algorithms/versions/{version}/restore/"),
    _visit("algorithms:model", "author", "/algorithms/models/{model}/"),
    _visit("algorithms:restore_model", "author", "/algorithms/models/{model}/restore/"),
    _visit("algorithms:add_model", "author", "/algorithms/{algorithm}/models/add/"),
    _visit("algorithms:statistics", "author", "/algorithms/{algorithm}/statistics/"),
    _visit("algorithms:statistics", "author", "/algorithms/{empty_algorithm}/statistics/", "empty"),
    _visit("algorithms:limits", "author", "/algorithms/{algorithm}/limits/"),
    _visit("algorithms:add_interface", "author", "/algorithms/{algorithm}/interfaces/add/"),
)

RUNS = (
    _visit(
        "algorithms:try_out", "author", "/algorithms/{algorithm}/run/?source=upload", note="upload"
    ),
    _visit("algorithms:runs", "author", "/algorithms/runs/"),
    _visit("algorithms:runs", "radiologist", "/algorithms/runs/", note="none"),
    _visit("algorithms:edit_run", "author", "/algorithms/runs/{run}/edit/"),
    _visit("algorithms:run_again", "author", "/algorithms/runs/{run}/again/"),
    _visit("algorithms:endpoints", "author", "/algorithms/endpoints/", note="none"),
    _visit("algorithms:batches", "author", "/algorithms/batches/"),
    _visit("algorithms:batch", "author", "/algorithms/batches/{batch}/", picture="batch"),
    _visit("algorithms:credits", "author", "/algorithms/credits/"),
    _visit("algorithms:grant_credits", "admin", "/algorithms/credits/grant/"),
    _visit("algorithms:terms", "admin", "/algorithms/{algorithm}/terms/"),
)

SOCKETS = (
    _visit("sockets:list", "author", "/sockets/", picture="sockets"),
    _visit("sockets:choose", "admin", "/sockets/new/"),
    _visit("sockets:create", "admin", "/sockets/new/MPOI/"),
    _visit("sockets:create", "admin", "/sockets/new/SEG/", note="segments"),
    _visit("sockets:create", "admin", "/sockets/new/CHART/", note="chart"),
    _visit("sockets:detail", "author", "/sockets/metrics-json-file/"),
)

CHALLENGES = (
    _visit("challenges:list", "organizer", "/challenges/"),
    _visit("challenges:create", "organizer", "/challenges/new/"),
    _visit("challenges:detail", "author", "/challenges/{challenge}/", picture="challenge"),
    _visit("challenges:detail", "admin", "/challenges/{empty_challenge}/", note="empty"),
    _visit("challenges:edit", "organizer", "/challenges/{challenge}/edit/"),
    _visit("challenges:clone", "organizer", "/challenges/{challenge}/clone/"),
    _visit("challenges:pictures", "organizer", "/challenges/{challenge}/pictures/"),
    _visit("challenges:proposals", "admin", "/challenges/proposals/"),
    _visit("challenges:proposals", "author", "/challenges/proposals/", note="empty"),
    _visit("challenges:proposal", "admin", "/challenges/proposals/{proposal}/"),
    _visit("challenges:proposal", "radiologist", "/challenges/proposals/{proposal}/"),
    _visit("challenges:propose", "radiologist", "/challenges/proposals/new/"),
    _visit("challenges:people", "organizer", "/challenges/{challenge}/people/"),
    _visit("challenges:dashboard", "organizer", "/challenges/{challenge}/dashboard/"),
    _visit(
        "challenges:dashboard", "admin", "/challenges/{empty_challenge}/dashboard/", note="empty"
    ),
    _visit("challenges:create_phase", "organizer", "/challenges/{challenge}/phases/new/"),
    _visit(
        "challenges:phase",
        "author",
        "/challenges/phases/{phase}/",
        picture="leaderboard",
        widths=EVERY_WIDTH,
    ),
    _visit("challenges:phase", "organizer", "/challenges/phases/{new_phase}/", note="empty"),
    _visit("challenges:ranking_plots", "author", "/challenges/phases/{phase}/plots/"),
    _visit(
        "challenges:ranking_plots", "organizer", "/challenges/phases/{new_phase}/plots/", "empty"
    ),
    _visit("challenges:edit_phase", "organizer", "/challenges/phases/{phase}/edit/"),
    _visit("challenges:setup_phase", "organizer", "/challenges/phases/{phase}/setup/"),
    _visit("challenges:setup_phase", "organizer", "/challenges/phases/{new_phase}/setup/", "empty"),
    _visit("challenges:add_method", "organizer", "/challenges/phases/{phase}/method/"),
    _visit("challenges:add_ground_truth", "organizer", "/challenges/phases/{phase}/ground-truth/"),
    _visit("challenges:starter_kit", "author", "/challenges/phases/{phase}/kit/"),
    _visit(
        "challenges:starter_kit", "organizer", "/challenges/phases/{new_phase}/kit/", note="empty"
    ),
    _visit("challenges:edit_starter_kit", "organizer", "/challenges/phases/{phase}/kit/edit/"),
    _visit("challenges:add_kit_truth", "organizer", "/challenges/phases/{phase}/kit/truth/"),
    _visit("challenges:add_kit_source", "organizer", "/challenges/phases/{phase}/kit/source/"),
    _visit("challenges:submit", "author", "/challenges/phases/{phase}/submit/"),
    _visit("challenges:teams", "author", "/challenges/{challenge}/teams/"),
    _visit("challenges:grants", "organizer", "/challenges/phases/{phase}/grants/"),
    _visit("challenges:questions", "organizer", "/challenges/{challenge}/questions/"),
    _visit("challenges:design", "author", "/challenges/{challenge}/design/"),
    _visit("challenges:edit_design", "organizer", "/challenges/{challenge}/design/edit/"),
    _visit("challenges:edit_phase_design", "organizer", "/challenges/phases/{phase}/design/"),
    _visit("challenges:create_page", "organizer", "/challenges/{challenge}/pages/new/"),
    _visit("challenges:announcements", "author", "/challenges/{challenge}/announcements/"),
    _visit("challenges:announce", "organizer", "/challenges/{challenge}/announcements/new/"),
    _visit("challenges:submissions", "author", "/challenges/phases/{phase}/submissions/"),
    _visit(
        "challenges:evaluation",
        "organizer",
        "/challenges/evaluations/{evaluation}/",
        picture="evaluation",
    ),
    _visit("challenges:evaluation", "author", "/challenges/evaluations/{evaluation}/"),
    _visit("challenges:case", "organizer", "/challenges/evaluations/{evaluation}/cases/1/"),
)

PEOPLE = (
    _visit("people:person", "author", "/people/researcher/"),
    _visit("people:picture", "author", "/account/picture/"),
    _visit("people:verification", "author", "/account/verification/"),
    _visit("people:review_list", "admin", "/account/verification/review/", note="empty"),
    _visit("people:data", "researcher", "/account/data/"),
    _visit("people:organizations", "author", "/organizations/"),
    _visit("people:organization", "author", "/organizations/{organization}/"),
    _visit("people:create_organization", "admin", "/organizations/new/"),
    _visit("people:edit_organization", "admin", "/organizations/{organization}/edit/"),
    _visit("people:organization_people", "admin", "/organizations/{organization}/people/"),
)

REFERENCE = (
    _visit("api:reference", "", "/api/"),
    _visit("api:operation", "author", "/api/reference/archives_items_list/"),
)

REQUESTS = (
    _visit("requests:discover", "author", "/discover/"),
    _visit("requests:discover", "author", "/discover/?q=nothing+like+it", note="nothing-found"),
    _visit("requests:card", "author", "/discover/archive/{listed_archive}/"),
    _visit("requests:card", "researcher", "/discover/archive/{listed_archive}/", note="owner"),
    _visit("requests:list", "researcher", "/requests/"),
    _visit("requests:list", "radiologist", "/requests/?show=mine", note="mine"),
    _visit("requests:list", "radiologist", "/requests/", note="empty"),
    _visit("requests:detail", "researcher", "/requests/archive/{request}/"),
    _visit("requests:detail", "radiologist", "/requests/archive/{request}/"),
    _visit("archives:people", "researcher", "/archives/{listed_archive}/people/", note="requests"),
)


INBOX = (
    _visit("notifications:settings", "researcher", "/inbox/settings/"),
    _visit("notifications:inbox", "researcher", "/inbox/?state=read&kind=", note="filtered"),
    _visit("notifications:mail", "admin", "/inbox/mail/"),
    _visit("notifications:message", "admin", "/inbox/mail/{message}/"),
)

OPERATIONS = (
    _visit("web:operations", "admin", "/operations/", picture="operations"),
    _visit("web:operations", "admin", "/operations/?standing=lost", note="nothing-found"),
)

AUDIT = (
    _visit("audit:log", "admin", "/audit/"),
    _visit("audit:log", "admin", "/audit/?name=archives.&actor=nobody", note="nothing-found"),
    _visit("audit:history", "researcher", "/audit/history/archives.archive/{archive}/"),
    _visit("audit:history", "researcher", "/audit/history/images.image/{image}/", note="image"),
)

SIGN_IN = (
    _visit("account_login", "", "/sign-in/?next=/archives/", note="next"),
    _visit("account_signup", "", "/sign-up/"),
    _visit("account_email_verification_sent", "", "/sign-up/confirm/"),
    _visit("account_confirm_email", "", "/sign-up/confirm/nothing/", note="old-link"),
    _visit("account_inactive", "", "/sign-in/closed/"),
    _visit("account_reset_password", "", "/password/reset/"),
    _visit("account_reset_password_done", "", "/password/reset/sent/"),
    _visit("account_reset_password_from_key", "", "/password/reset/1-nothing/", note="old-link"),
    _visit("account_reset_password_from_key_done", "", "/password/reset/done/"),
    _visit("socialaccount_login_cancelled", "", "/sign-in/elsewhere/cancelled/"),
    _visit("accounts:security", "radiologist", "/account/security/"),
    _visit("account_reauthenticate", "radiologist", "/account/reauthenticate/"),
    _visit("account_email", "radiologist", "/account/e-mail/"),
    _visit("account_change_password", "radiologist", "/account/password/"),
    _visit("usersessions_list", "radiologist", "/account/sessions/"),
    _visit("mfa_activate_totp", "radiologist", "/account/second-factor/app/"),
    _visit("mfa_list_webauthn", "radiologist", "/account/passkeys/"),
    _visit("mfa_add_webauthn", "radiologist", "/account/passkeys/add/"),
    _visit("socialaccount_connections", "radiologist", "/account/sign-ins/"),
)

QUARANTINE = (
    _visit("images:reviews", "researcher", "/images/review/"),
    _visit("images:review_queue", "researcher", "/images/review/archive/{archive}/"),
    _visit("archives:deidentification", "researcher", "/archives/{archive}/deidentification/"),
)

VISITS = (
    *SIGN_IN,
    *AUDIT,
    *OPERATIONS,
    *INBOX,
    *SHELL,
    *PEOPLE,
    *REFERENCE,
    *REQUESTS,
    *ARCHIVES,
    *QUARANTINE,
    *IMPORTS,
    *VIEWER,
    *STUDIES,
    *ALGORITHMS,
    *RUNS,
    *VERSIONS,
    *SOCKETS,
    *CHALLENGES,
)

POST_ONLY = frozenset(
    {
        "accounts:sign_out",
        "web:drain",
        "account_logout",
        "accounts:add_person",
        "accounts:end_token",
        "accounts:remove_person",
        "images:review_accept",
        "images:review_mask",
        "images:review_reject",
        "algorithms:cancel_batch",
        "algorithms:delete_model",
        "algorithms:delete_version",
        "algorithms:offer_interface",
        "algorithms:publish",
        "algorithms:remove_interface",
        "algorithms:stage_model",
        "algorithms:stage_version",
        "algorithms:call_version",
        "algorithms:cancel_run",
        "algorithms:keep_endpoint",
        "algorithms:start_endpoint",
        "algorithms:stop_endpoint",
        "algorithms:reproduce_run",
        "algorithms:rerun_batch",
        "archives:delete",
        "archives:delete_item",
        "challenges:accept_invitation",
        "challenges:accept_proposal",
        "challenges:decline_proposal",
        "challenges:withdraw_proposal",
        "challenges:cancel_evaluation",
        "challenges:choose_submission",
        "challenges:create_team",
        "challenges:decline_invitation",
        "challenges:delete_page",
        "challenges:delete_question",
        "challenges:evaluate_again",
        "challenges:evaluate_phase_again",
        "challenges:hand_team_on",
        "challenges:invite_to_team",
        "challenges:join",
        "challenges:leave_team",
        "challenges:remove_from_team",
        "challenges:withdraw_invitation",
        "images:cancel_import",
        "images:discard_import",
        "images:retry_import",
        "notifications:delete",
        "notifications:read",
        "notifications:read_all",
        "people:accept_verification",
        "people:clear_picture",
        "people:delete_account",
        "people:delete_organization",
        "people:keep_account",
        "people:reject_verification",
        "people:revoke_verification",
        "people:start_export",
        "people:withdraw_verification",
        "requests:accept",
        "requests:accept_several",
        "requests:reject",
        "requests:withdraw",
        "viewer:delete_configuration",
        "viewer:delete_protocol",
        "viewer:stop",
        "notifications:retry",
        "reader_studies:delete_case",
        "reader_studies:answers",
        "reader_studies:delete_question",
        "reader_studies:reference_answers",
        "reader_studies:take_answers",
    }
)

NO_PAGES = {
    **dict.fromkeys(
        (
            *("mfa_authenticate", "mfa_edit_webauthn", "mfa_generate_recovery_codes"),
            *("mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn"),
            *("mfa_deactivate_totp", "mfa_view_recovery_codes"),
        ),
        "needs a second factor; tests/accounts/test_sign_in_pages looks",
    ),
    "account_set_password": "leads those with a password to where they change it",
    "mfa_download_recovery_codes": "sends a file",
    "mfa_index": "redirects to the security page",
    "mfa_login_webauthn": "answers the script of the sign-in page",
    "openid_connect_callback": "takes an answer of a provider elsewhere",
    "openid_connect_login": "redirects to a provider elsewhere",
    "orcid_callback": "takes an answer of ORCID",
    "orcid_login": "redirects to ORCID",
    "socialaccount_login_error": "follows a failed answer from elsewhere",
    "socialaccount_signup": "half-way from elsewhere; tests/accounts/test_single_sign_on",
    "api:schema": "the schema that programs read",
    "api:try": "redirects to an answer of the API",
    "audit:export": "sends a file",
    "images:review": "needs an image that waits; tests/images/test_review_in_browser looks",
    "images:review_frame": "answers a picture",
    "algorithms:batch_results": "sends a file",
    "algorithms:endpoint": "needs a container that stays up; tests/algorithms/test_browser looks",
    "algorithms:run_live": "a part of the run's page, seen there",
    "algorithms:run_log": "sends a file",
    "algorithms:run_record": "sends a file",
    "delivery:file": "redirects to a signed address",
    "delivery:signed": "answers a file's bytes",
    "design:dark-shell": "the living guide; tests/design looks at it",
    "design:error-page": "the living guide; tests/design looks at it",
    "design:style-guide": "the living guide; tests/design looks at it",
    "people:confirm_verification": "needs a link from the mail; tests/accounts/test_browser looks",
    "people:review": "needs an address confirmed by mail; tests/accounts/test_browser looks",
    "images:import_files": "sends a file",
    "images:import_progress": "a part of the import's page, seen there",
    "notifications:message_html": "a message in a frame of its page",
    "notifications:unsubscribe": "opened by a signed link; tests/notifications looks at it",
    "challenges:case_scores": "sends a CSV file",
    "challenges:ranking_plot": "sends a plot, seen on its page",
    "challenges:ranking_report": "tests/challenges/test_ranking_browser looks",
    "challenges:export_design": "sends a file",
    "challenges:ranking": "there once a worker computed it; tests/challenges/test_rankings looks",
    "challenges:ranking_file": "sends a file",
    "challenges:edit_question": "tests/challenges/test_organizing_browser looks",
    "challenges:edit_page": "tests/challenges/test_organizing_browser looks",
    "challenges:page": "tests/challenges/test_organizing_browser looks",
    "challenges:preview_page": "a part of the page's form, seen there",
    "challenges:export": "sends a file",
    "challenges:download_starter_kit": "sends a file",
    "reader_studies:export": "sends a CSV file",
    "reader_studies:export_all": "sends a file",
    "reader_studies:reference_panel": "a part of the viewer's page, seen there",
    "reader_studies:reference_table": "sends a CSV file",
    "sockets:schema": "sends a file",
    "sockets:value": "sends a file",
    "reader_studies:panel": "a part of the viewer's page, seen there",
    "reader_studies:read": "redirects to the next case",
    "uploads:part": "takes a part of a file that is being sent",
    "web:healthz": "answers a probe",
    "web:readyz": "answers a probe",
}
