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
    _visit("challenges:edit_ranking", "organizer", "/challenges/phases/{phase}/ranking/"),
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
    _visit("challenges:create_combined", "organizer", "/challenges/{challenge}/combined/new/"),
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

PREDICTIONS = (
    _visit("challenges:phase", "author", "/challenges/phases/{file_phase}/", note="files"),
    _visit(
        "challenges:setup_phase", "organizer", "/challenges/phases/{file_phase}/setup/", "files"
    ),
    _visit("challenges:edit_phase", "organizer", "/challenges/phases/{file_phase}/edit/", "files"),
    _visit("challenges:starter_kit", "author", "/challenges/phases/{file_phase}/kit/", "files"),
    _visit("challenges:submit", "author", "/challenges/phases/{file_phase}/submit/", "files"),
    _visit(
        "challenges:submissions", "author", "/challenges/phases/{file_phase}/submissions/", "files"
    ),
    _visit(
        "challenges:evaluation", "organizer", "/challenges/evaluations/{file_evaluation}/", "files"
    ),
    _visit(
        "challenges:evaluation", "author", "/challenges/evaluations/{file_evaluation}/", "files"
    ),
    _visit(
        "challenges:case",
        "organizer",
        "/challenges/evaluations/{file_evaluation}/cases/1/",
        "files",
    ),
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
    *PREDICTIONS,
)
