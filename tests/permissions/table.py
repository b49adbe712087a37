"""Who may do what: every address of the site, every method it answers, every role.

A row names the roles that get through; everybody else who is signed in gets ``others``, visitors
get ``anonymous``. A change of rights is a change of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.permissions.world import ROLES

OK, LOGIN, HIDDEN, METHOD, REFUSED = "ok", "login", "hidden", "method", "refused"
CONFLICT = "conflict"
Names = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One request; values of ``path``, ``query`` and ``body`` are names of things in the world."""

    route: str
    method: str
    ok: frozenset[str]
    path: Names = field(default_factory=dict)
    query: Names = field(default_factory=dict)
    body: Names = field(default_factory=dict)
    anonymous: str = LOGIN
    others: str = HIDDEN
    statuses: frozenset[int] = frozenset({200, 302})
    changes: bool = False
    json: bool = False

    def expected(self, role: str) -> str:
        if role in self.ok:
            return OK
        return self.anonymous if role == "anonymous" else self.others

    def __str__(self) -> str:
        return f"{self.method} {self.route} {' '.join(self.path.values())}".strip()


def roles(*names: str) -> frozenset[str]:
    """These roles, and the site's administrators who may do everything."""
    found = frozenset((*names, "administrator"))
    assert found <= set(ROLES)
    return found


ADMINISTRATOR = roles()
SIGNED_IN = frozenset(ROLES) - {"anonymous"}
EVERYBODY = frozenset(ROLES)
ARCHIVE = roles("archive_user", "archive_uploader", "archive_editor")
ARCHIVE_UPLOADERS = roles("archive_uploader", "archive_editor")
ARCHIVE_EDITORS = roles("archive_editor")
STUDY = roles("study_reader", "study_editor")
STUDY_EDITORS = roles("study_editor")
ALGORITHM = roles("algorithm_user", "algorithm_editor")
ALGORITHM_EDITORS = roles("algorithm_editor")
RUN = roles("run_creator", "run_viewer", "algorithm_editor")
CHALLENGE = roles("participant", "submission_owner", "challenge_admin", "evaluator")
SUBMITTERS = roles("participant", "submission_owner", "challenge_admin")
CHALLENGE_ADMINS = roles("challenge_admin")
EVALUATION = roles("submission_owner", "challenge_admin", "evaluator")
EVALUATION_OWNERS = roles("submission_owner", "challenge_admin")
TEAM_CHALLENGE = roles("participant", "submission_owner", "challenge_admin")
TEAM_LEADERS = roles("submission_owner", "challenge_admin")
INVITED = frozenset({"participant"})
UPLOAD_OWNER = frozenset({"archive_uploader"})


def page(route: str, ok: frozenset[str], **rest: object) -> list[Row]:
    """A page that is only looked at."""
    return [Row(route, "GET", ok, **rest)]  # type: ignore[arg-type]


def form(route: str, ok: frozenset[str], *, body: Names, **rest: object) -> list[Row]:
    """A page with a form: whoever sees the form may send it."""
    sent = Row(route, "POST", ok, body=body, changes=True, **rest)  # type: ignore[arg-type]
    return [*page(route, ok, **rest), sent]


def unfinished(route: str, ok: frozenset[str], **rest: object) -> list[Row]:
    """A page with a form that asks for more than can be written here: it is shown again."""
    sent = Row(route, "POST", ok, body={"title": "Overall"}, changes=False, **rest)  # type: ignore[arg-type]
    return [*page(route, ok, **rest), sent]


def action(route: str, ok: frozenset[str], *, changes: bool = True, **rest: object) -> list[Row]:
    """A button: nothing to look at."""
    looked = Row(route, "GET", frozenset(), others=METHOD, path=rest.get("path", {}))  # type: ignore[arg-type]
    return [looked, Row(route, "POST", ok, changes=changes, **rest)]  # type: ignore[arg-type]


def api(route: str, method: str, ok: frozenset[str], **rest: object) -> list[Row]:
    """An address of the API, which answers visitors with 403 and not with a form."""
    statuses = frozenset({200, 201, 204})
    return [Row(route, method, ok, anonymous=REFUSED, statuses=statuses, json=True, **rest)]  # type: ignore[arg-type]


def pk(name: str) -> dict[str, str]:
    return {"pk": name}


def people(key: str, name: str, ok: frozenset[str], *, role: str, member: str) -> list[Row]:
    target = {"key": key, "pk": name}
    body = {"username": "stranger@example.org", "role": role}
    return [
        *action("accounts:add_person", ok, path=target, body=body),
        *action("accounts:remove_person", ok, path={**target, "user_pk": member}),
    ]


def image(name: str, ok: frozenset[str]) -> list[Row]:
    """An image's page, and its file by the address that stands in pages."""
    path = {"kind": "images", "pk": f"{name}_file", "filename": "image.mha"}
    return [
        *page("images:detail", ok, path=pk(name)),
        *page("delivery:file", ok, path=path, anonymous=HIDDEN),
    ]


def panel_answers(route: str, ok: frozenset[str]) -> list[Row]:
    """Where the panel beside the picture sends answers: JSON, on a page's address."""
    path = pk("display_set")
    looked = Row(route, "GET", frozenset(), others=METHOD, path=path)
    body = {"answers": "an-answer"}
    return [looked, Row(route, "POST", ok, path=path, body=body, json=True, changes=True)]


def viewer(source: str, name: str, ok: frozenset[str]) -> list[Row]:
    return page("viewer:open", ok, path={"source": source, "pk": name})


SITE = [
    *page("web:home", SIGNED_IN),
    *page("web:healthz", EVERYBODY),
    *page("web:readyz", EVERYBODY, statuses=frozenset({200, 503})),
    *page("accounts:sign_in", EVERYBODY),
    Row(
        "accounts:sign_in",
        "POST",
        frozenset({"anonymous"}),
        body={"login": "stranger@example.org", "password": "secret"},
        others=OK,
    ),
    Row("accounts:sign_out", "GET", frozenset(), anonymous=METHOD, others=METHOD),
    Row("accounts:sign_out", "POST", EVERYBODY),
    *page("accounts:profile", SIGNED_IN),
    Row("accounts:profile", "POST", SIGNED_IN, body={"first_name": "Ada"}),
    *page("accounts:tokens", SIGNED_IN),
    *form("accounts:create_token", SIGNED_IN, body={"name": "a", "access": "READ", "days": "30"}),
    *action("accounts:end_token", frozenset({"stranger"}), path=pk("token")),
    *page("design:style-guide", ADMINISTRATOR, anonymous=HIDDEN),
    *page("design:dark-shell", ADMINISTRATOR, anonymous=HIDDEN),
    *page(
        "design:error-page",
        ADMINISTRATOR,
        path={"code": "problem"},
        anonymous=HIDDEN,
        statuses=frozenset({429}),
    ),
    *page("notifications:inbox", SIGNED_IN),
    *action("notifications:read_all", SIGNED_IN, changes=False),
]

FILES = [
    *image("archive_image", ARCHIVE),
    *image("shared_image", SIGNED_IN),
    *image("study_image", STUDY),
    *image("run_image", RUN),
    *image("hidden_image", CHALLENGE_ADMINS),
    *image("evaluation_image", CHALLENGE_ADMINS),
    *page(
        "delivery:signed",
        frozenset(),
        path={"key": "uploads/00000000-0000-0000-0000-000000000000"},
        anonymous=REFUSED,
        others=REFUSED,
    ),
    *page("images:import", roles("archive_uploader"), path=pk("import")),
    *action("images:cancel_import", roles("archive_uploader"), path=pk("import")),
    *viewer("archive-item", "archive_item", ARCHIVE),
    *viewer("archive-item", "shared_item", SIGNED_IN),
    *viewer("archive-item", "hidden_item", CHALLENGE_ADMINS),
    *viewer("display-set", "display_set", STUDY),
    *viewer("reference-standard", "display_set", STUDY_EDITORS),
    # Its input is private to whoever ran it, and nothing can be shown without it.
    *viewer("run", "run", roles("run_creator")),
    *viewer("run", "evaluation_run", ADMINISTRATOR),
]

_MULTIPART = {"pk": "upload", "multipart_id": "multipart"}
_DOOMED = {"pk": "doomed_upload", "multipart_id": "doomed_multipart"}
UPLOADS = [
    *api("uploads:list", "GET", SIGNED_IN),
    *api("uploads:list", "POST", SIGNED_IN, body={"filename": "a.mha"}, changes=True),
    *api("uploads:batch", "POST", SIGNED_IN, body={"files": "one-file"}, changes=True),
    *api("uploads:batch", "PATCH", SIGNED_IN, body={"uploads": "no-upload"}),
    *api("uploads:detail", "GET", UPLOAD_OWNER, path=pk("upload")),
    *api("uploads:detail", "DELETE", UPLOAD_OWNER, path=pk("upload"), changes=True),
    *api("uploads:sign", "PATCH", UPLOAD_OWNER, path=_MULTIPART, body={"part_numbers": "numbers"}),
    Row(  # The part was never sent: whoever gets through is told so.
        "uploads:end",
        "PATCH",
        UPLOAD_OWNER,
        path=_MULTIPART,
        body={"parts": "part"},
        anonymous=REFUSED,
        statuses=frozenset({400}),
        json=True,
    ),
    *api("uploads:abort", "PATCH", UPLOAD_OWNER, path=_DOOMED, changes=True),
    *api("uploads:parts", "GET", UPLOAD_OWNER, path=_MULTIPART),
    Row(
        "uploads:part",
        "PUT",
        frozenset(),
        path={"multipart_id": "multipart", "number": "1"},
        anonymous=REFUSED,
        others=REFUSED,
    ),
    Row(
        "uploads:part",
        "GET",
        frozenset(),
        path={"multipart_id": "multipart", "number": "1"},
        anonymous=METHOD,
        others=METHOD,
    ),
]

ARCHIVES = [
    *page("archives:list", SIGNED_IN),
    *form("archives:create", SIGNED_IN, body={"title": "New one"}),
    *page("archives:detail", ARCHIVE, path=pk("archive")),
    *page("archives:detail", SIGNED_IN, path=pk("shared")),
    *page("archives:detail", CHALLENGE_ADMINS, path=pk("hidden_archive")),
    *form("archives:edit", ARCHIVE_EDITORS, path=pk("archive"), body={"title": "New name"}),
    *page("archives:edit", ADMINISTRATOR, path=pk("shared")),
    *page("archives:people", ARCHIVE, path=pk("archive")),
    *action("archives:delete", ARCHIVE_EDITORS, path=pk("empty_archive")),
    *form("archives:import", ARCHIVE_UPLOADERS, path=pk("archive"), body={"uploads": "own-upload"}),
    *action("archives:delete_item", ARCHIVE_EDITORS, path=pk("archive_item")),
    *people("archive", "archive", ARCHIVE_EDITORS, role="USER", member="archive_member"),
]

STUDIES = [
    *page("reader_studies:list", SIGNED_IN),
    *form("reader_studies:create", SIGNED_IN, body={"title": "New one"}),
    *page("reader_studies:detail", STUDY, path=pk("study")),
    *form("reader_studies:edit", STUDY_EDITORS, path=pk("study"), body={"title": "New name"}),
    *page("reader_studies:people", STUDY, path=pk("study")),
    *form(
        "reader_studies:add_cases",
        STUDY_EDITORS,
        path=pk("study"),
        query={"archive": "shared"},
        body={"items": "shared_item"},
    ),
    *form(
        "reader_studies:add_question",
        STUDY_EDITORS,
        path=pk("study"),
        body={"text": "Sure?", "kind": "BOOL"},
    ),
    *form(
        "reader_studies:edit_question",
        STUDY_EDITORS,
        path=pk("question"),
        body={"text": "Really?"},
    ),
    *action("reader_studies:delete_case", STUDY_EDITORS, path=pk("display_set")),
    *action("reader_studies:delete_question", STUDY_EDITORS, path=pk("question")),
    *page("reader_studies:read", STUDY, path=pk("study")),
    *page("reader_studies:panel", STUDY, path=pk("display_set")),
    *panel_answers("reader_studies:answers", STUDY),
    *page("reader_studies:reference", STUDY_EDITORS, path=pk("study")),
    Row("reader_studies:reference", "POST", STUDY_EDITORS, path=pk("study")),
    *page("reader_studies:reference_table", STUDY_EDITORS, path=pk("study")),
    *action(
        "reader_studies:take_answers",
        STUDY_EDITORS,
        path=pk("study"),
        body={"reader": "study_member"},
    ),
    *page("reader_studies:reference_panel", STUDY_EDITORS, path=pk("display_set")),
    *panel_answers("reader_studies:reference_answers", STUDY_EDITORS),
    *page("reader_studies:statistics", STUDY_EDITORS, path=pk("study")),
    *page("reader_studies:export", STUDY_EDITORS, path=pk("study")),
    *page("reader_studies:export_all", STUDY_EDITORS, path=pk("study")),
    *people("reader-study", "study", STUDY_EDITORS, role="READER", member="study_member"),
]

ALGORITHMS = [
    *page("algorithms:list", SIGNED_IN),
    *form(
        "algorithms:create",
        SIGNED_IN,
        body={"title": "New one", "inputs": "medical-image", "outputs": "segmentation"},
    ),
    *page("algorithms:detail", ALGORITHM, path=pk("algorithm")),
    *form("algorithms:edit", ALGORITHM_EDITORS, path=pk("algorithm"), body={"title": "New name"}),
    *page("algorithms:people", ALGORITHM, path=pk("algorithm")),
    *form(
        "algorithms:try_out",
        ALGORITHM,
        path=pk("algorithm"),
        query={"archive": "shared"},
        body={"items": "shared_item"},
    ),
    *page("algorithms:try_out", ADMINISTRATOR, path=pk("algorithm"), query={"archive": "archive"}),
    *page("algorithms:run", RUN, path=pk("run")),
    *page("algorithms:run", ADMINISTRATOR, path=pk("evaluation_run")),
    *action("algorithms:cancel_run", roles("run_creator"), path=pk("waiting_run")),
    *people("algorithm", "algorithm", ALGORITHM_EDITORS, role="USER", member="algorithm_member"),
]

_PHASE = {
    "title": "New name",
    "archive": "own-archive",
    "score_title": "Dice",
    "score_path": "a.b",
    "direction": "HIGHER",
    "limit_successful": "3",
}
_PREDICTIONS = {"uploads": "own-predictions"}
_PREDICTIONS_FILE = {"kind": "predictions", "pk": "predictions", "filename": "mine.json"}
_KIT_FILE = {"uploads": "own-tar"}
_DESIGN = {"base": "0", "task": "Segment lungs", "reason": "Why"}
_BOARD_FILE = {"pk": "phase", "filename": "leaderboard.csv"}
_COMBINED_FILE = {"pk": "combined", "filename": "combined.csv"}
_PAGE = {"title": "Rules of all", "visibility": "EVERYBODY", "order": "1", "content": "Text"}
_RANKING = {"base": "0", "scheme": "default", "counts": "LATEST", "reason": "Why"}
_PHASE_DESIGN = {"base": "0", "acquisition": "CT", "reason": "Why"}
CHALLENGES = [
    *page("challenges:list", SIGNED_IN),
    *form("challenges:create", roles("verified_author"), body={"title": "New one"}),
    *page("challenges:detail", CHALLENGE, path=pk("challenge")),
    *form("challenges:edit", CHALLENGE_ADMINS, path=pk("challenge"), body={"title": "New name"}),
    # Whoever clones also needs to be somebody who may make challenges.
    *form("challenges:clone", ADMINISTRATOR, path=pk("challenge"), body={"title": "Clone"}),
    *form(
        "challenges:clone",
        roles("verified_author"),
        path=pk("own_challenge"),
        body={"title": "Clone"},
    ),
    *form(
        "challenges:pictures",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={"logo_alt": "Another thing"},
    ),
    *page("challenges:people", CHALLENGE_ADMINS, path=pk("challenge")),
    *action("challenges:join", ADMINISTRATOR, path=pk("challenge")),
    *action("challenges:join", SIGNED_IN, path=pk("open_challenge")),
    *page("challenges:design", CHALLENGE, path=pk("challenge")),
    *page(
        "challenges:export_design",
        CHALLENGE,
        path={**pk("challenge"), "filename": "design.json"},
    ),
    *page("challenges:dashboard", CHALLENGE_ADMINS, path=pk("challenge")),
    *page(
        "challenges:export",
        CHALLENGE_ADMINS,
        path={**pk("challenge"), "filename": "everything.json"},
    ),
    *form("challenges:edit_design", CHALLENGE_ADMINS, path=pk("challenge"), body=_DESIGN),
    *form("challenges:edit_phase_design", CHALLENGE_ADMINS, path=pk("phase"), body=_PHASE_DESIGN),
    *page(
        "challenges:page",
        CHALLENGE,
        path={**pk("challenge"), "slug": "rules"},
    ),
    *page(
        "challenges:page",
        CHALLENGE_ADMINS,
        path={**pk("challenge"), "slug": "notes"},
    ),
    *form(
        "challenges:create_page",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={**_PAGE, "title": "Data"},
    ),
    *form("challenges:edit_page", CHALLENGE_ADMINS, path=pk("challenge_page"), body=_PAGE),
    *action("challenges:delete_page", CHALLENGE_ADMINS, path=pk("challenge_page")),
    *action("challenges:preview_page", CHALLENGE_ADMINS, path=pk("challenge"), changes=False),
    *form(
        "challenges:questions",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={"text": "Why?", "kind": "SHORT", "order": 0},
    ),
    *form(
        "challenges:edit_question",
        CHALLENGE_ADMINS,
        path=pk("registration_question"),
        body={"text": "Why?", "kind": "SHORT", "order": 0},
    ),
    *action("challenges:delete_question", CHALLENGE_ADMINS, path=pk("registration_question")),
    *page("challenges:announcements", CHALLENGE, path=pk("challenge")),
    *form(
        "challenges:announce",
        CHALLENGE_ADMINS,
        path=pk("challenge"),
        body={"title": "News", "text": "Words"},
    ),
    *unfinished("challenges:create_combined", CHALLENGE_ADMINS, path=pk("challenge")),
    *page("challenges:combined", CHALLENGE, path=pk("combined")),
    *page("challenges:combined_file", CHALLENGE, path=_COMBINED_FILE),
    *unfinished("challenges:edit_combined", CHALLENGE_ADMINS, path=pk("combined")),
    *action("challenges:delete_combined", CHALLENGE_ADMINS, path=pk("combined")),
    *form("challenges:create_phase", CHALLENGE_ADMINS, path=pk("challenge"), body=_PHASE),
    *page("challenges:phase", CHALLENGE, path=pk("phase")),
    *page("challenges:leaderboard_file", CHALLENGE, path=_BOARD_FILE),
    *page("challenges:ranking_plots", CHALLENGE, path=pk("phase")),
    *page("challenges:ranking_report", CHALLENGE, path=pk("drawn_ranking")),
    *page("challenges:ranking_plot", CHALLENGE, path={"pk": "drawn_ranking", "key": "ranks"}),
    *page(
        "challenges:ranking_plot", CHALLENGE_ADMINS, path={"pk": "drawn_ranking", "key": "podium"}
    ),
    *page("challenges:ranking", CHALLENGE, path=pk("ranking")),
    *page(
        "challenges:ranking_file",
        CHALLENGE_ADMINS,
        path={**pk("ranking"), "filename": "scores.csv"},
    ),
    *form("challenges:edit_phase", CHALLENGE_ADMINS, path=pk("phase"), body=_PHASE),
    *page("challenges:setup_phase", CHALLENGE_ADMINS, path=pk("phase")),
    *form("challenges:edit_ranking", CHALLENGE_ADMINS, path=pk("phase"), body=_RANKING),
    *action(
        "challenges:mark_baseline",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"entrant": "entrant", "baseline": "on"},
    ),
    *form(
        "challenges:add_method",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"uploads": "own-upload"},
    ),
    *form(
        "challenges:add_ground_truth",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"uploads": "own-tar"},
    ),
    *page("challenges:starter_kit", SUBMITTERS, path=pk("phase")),
    *page("challenges:download_starter_kit", SUBMITTERS, path=pk("phase")),
    *form(
        "challenges:edit_starter_kit",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"archive": "own-sample"},
    ),
    *form("challenges:add_kit_truth", CHALLENGE_ADMINS, path=pk("phase"), body=_KIT_FILE),
    *form("challenges:add_kit_source", CHALLENGE_ADMINS, path=pk("phase"), body=_KIT_FILE),
    *form("challenges:submit", SUBMITTERS, path=pk("phase"), body={"algorithm": "own-algorithm"}),
    *form("challenges:submit", SUBMITTERS, path=pk("predictions_phase"), body=_PREDICTIONS),
    *page("delivery:file", EVALUATION, path=_PREDICTIONS_FILE, anonymous=HIDDEN),
    *page("challenges:submissions", CHALLENGE, path=pk("phase")),
    *page("challenges:evaluation", EVALUATION, path=pk("evaluation")),
    *page("challenges:case", EVALUATION, path={"pk": "evaluation", "number": "first_case"}),
    *page("challenges:case_scores", CHALLENGE_ADMINS, path=pk("evaluation")),
    *action("challenges:evaluate_again", CHALLENGE_ADMINS, path=pk("evaluation")),
    *action("challenges:evaluate_phase_again", CHALLENGE_ADMINS, path=pk("phase")),
    *action("challenges:cancel_evaluation", EVALUATION_OWNERS, path=pk("waiting_evaluation")),
    *action("challenges:choose_submission", frozenset({"submission_owner"}), path=pk("submission")),
    *form(
        "challenges:grants",
        CHALLENGE_ADMINS,
        path=pk("phase"),
        body={"entrant": "entrant", "amount": "1", "reason": "A fault"},
    ),
    *page("challenges:teams", CHALLENGE, path=pk("challenge")),
    *page("challenges:teams", TEAM_CHALLENGE, path=pk("team_challenge")),
    *action("challenges:create_team", SUBMITTERS, path=pk("challenge"), body={"title": "New"}),
    *action(
        "challenges:invite_to_team",
        TEAM_LEADERS,
        path=pk("team"),
        body={"name": "free"},
    ),
    *action("challenges:leave_team", frozenset({"submission_owner"}), path=pk("team")),
    *action(
        "challenges:remove_from_team", TEAM_LEADERS, path={**pk("team"), "user_pk": "team_mate"}
    ),
    *action("challenges:hand_team_on", TEAM_LEADERS, path={**pk("team"), "user_pk": "team_mate"}),
    *action("challenges:accept_invitation", INVITED, path=pk("invitation")),
    *action("challenges:decline_invitation", INVITED, path=pk("invitation")),
    *action("challenges:withdraw_invitation", TEAM_LEADERS, path=pk("invitation")),
    *people(
        "challenge", "challenge", CHALLENGE_ADMINS, role="PARTICIPANT", member="challenge_member"
    ),
]

TABLE = [*SITE, *FILES, *UPLOADS, *ARCHIVES, *STUDIES, *ALGORITHMS, *CHALLENGES]
