"""Phases that take files with predictions: checked when they come, scored as they are."""

import gzip
import io
import zipfile
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.exports import exported_table
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.personal_data import made_submissions
from app.challenges.policies import CHALLENGES
from app.challenges.readiness import readiness_of
from app.challenges.services import (
    cancel_evaluation,
    create_phase,
    evaluate_again,
    submit_algorithm,
    submit_predictions,
    update_phase,
)
from app.challenges.services.evaluations import advance
from app.challenges.services.method import build_method_spec
from app.challenges.standing import standing_of
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.core.storage import get_store
from app.execution.contract import InputFile, inspect_archive
from app.execution.models import ContainerImage, Job
from app.sockets.schemas import apart
from app.uploads.models import UserUpload
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import (
    SCHEMA,
    fail_job,
    finish_method,
    hand_in_file,
    make_challenge,
    make_phase,
    make_predictions,
    make_predictions_phase,
    take,
)
from tests.factories.containers import shell_image
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db
State = Evaluation.State


@pytest.fixture
def phase(user: User) -> Phase:
    """A phase of three cases in which ``user`` takes part with files."""
    return make_predictions_phase(make_challenge(participants=(user,)), cases=3)


def packed_zip() -> bytes:
    """A file that fits, in a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mine.json", '[{"case": "a", "probability": 1}]')
    return out.getvalue()


def files_of(job: Job | None, folder: Path) -> tuple[InputFile, ...]:
    """Return what the evaluation container finds; its image is a real one, never run."""
    assert job is not None
    archive = folder / "image.tar"
    shell_image("true").write(archive)
    manifest = inspect_archive(archive).as_record()
    ContainerImage.objects.filter(pk=job.container_image_id).update(manifest=manifest)
    job.refresh_from_db()
    spec = build_method_spec(job)
    assert spec.ground_truth_url
    return spec.inputs


def refused(phase: Phase, user: User, content: Any, *, filename: str = "mine.json") -> list[str]:
    """Return why a file is refused; nothing of it may be left, and it may cost nothing."""
    before = standing_of(user, phase).left
    with pytest.raises(ValidationFailed) as raised:
        hand_in_file(phase, creator=user, content=content, filename=filename)
    assert not Submission.objects.exists()
    assert standing_of(user, phase).left == before
    return raised.value.fields["uploads"]


class TestTheFile:
    def test_is_kept_as_it_came(self, phase: Phase, user: User) -> None:
        content = b'[ {"case": "a",\n "probability": 0.50} ]\n'
        submission = hand_in_file(phase, creator=user, content=content, filename="Our best.json")
        assert submission.state == "ACCEPTED"
        assert submission.version is None
        assert (submission.file_name, submission.file_size) == ("Our best.json", len(content))
        with get_store().open(submission.file_key) as stream:
            assert stream.read() == content
        assert not UserUpload.objects.exists()
        assert str(submission).startswith("“Our best.json” by ")

    def test_says_path_and_reason_of_every_fault(self, phase: Phase, user: User) -> None:
        content = [{"case": "a", "probability": 2}, {"case": 3, "probability": 0.5}, {"case": "c"}]
        assert refused(phase, user, content) == [
            "[0].probability: must be at most 1",
            "[1].case: must be a text",
            "[2].probability: is missing",
        ]

    def test_says_the_first_of_many_faults(self, phase: Phase, user: User) -> None:
        content = [{"case": "a", "probability": 2}] * 50
        assert len(refused(phase, user, content)) == 10

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "empty"),
            (b"[1, 2", "not JSON: line 1, column"),
            (b"[NaN]", "Not-a-number"),
            (b"[1e999]", "infinity"),
            (b'{"a": 1, "a": 2}', "“a” twice"),
            (b"[" * 100_000, "nested too deeply"),
            (b"[" * 200 + b"]" * 200, "nested deeper"),
            (b"\xef\xbb\xbf[]", "byte order mark"),
            (b"\xff\xfe[\x00", "not UTF-8"),
            (b"[" + b"9" * 5000 + b"]", "taken"),
            (b'["\\u0000"]', "NUL"),
        ],
    )
    def test_hostile_bytes_are_refused(
        self, phase: Phase, user: User, content: bytes, words: str
    ) -> None:
        (message,) = refused(phase, user, content)
        assert words in message

    @pytest.mark.parametrize("rows", [120_000, 400_000])
    def test_more_rows_than_a_page_can_wait_for_are_refused(
        self, phase: Phase, user: User, rows: int
    ) -> None:
        content = b"[" + b",".join([b'{"case":"a","probability":1}'] * rows) + b"]"
        phase.predictions_max_mb = 50
        phase.save()
        started = perf_counter()
        (message,) = refused(phase, user, content)
        assert "1,000,000" in message or "took longer" in message, "on a slow machine"
        assert "Hand in fewer rows" in message
        assert perf_counter() - started < 30, "the child may take 20 s"

    def test_a_check_that_takes_too_long_says_what_to_do(
        self, phase: Phase, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(apart, "_WALL_SECONDS_ON_A_PAGE", 0.01)
        (message,) = refused(phase, user, [{"case": "a", "probability": 1}])
        assert "took longer" in message
        assert "Hand in fewer rows" in message

    def test_only_the_ending_of_the_phase(self, phase: Phase, user: User) -> None:
        (message,) = refused(phase, user, [], filename="mine.csv")
        assert "does not end with .json" in message

    @pytest.mark.parametrize("filename", ["mine.zip", "mine.json.gz", "mine.TAR", "mine.7z"])
    def test_an_archive_is_refused_with_the_reason(
        self, phase: Phase, user: User, filename: str
    ) -> None:
        (message,) = refused(phase, user, b"PK", filename=filename)
        assert "Archives" in message
        assert "Unpack it and hand in the .json file" in message

    @pytest.mark.parametrize("content", [packed_zip(), gzip.compress(b"[]")], ids=["zip", "gzip"])
    def test_an_archive_by_another_name_too(self, phase: Phase, user: User, content: bytes) -> None:
        (message,) = refused(phase, user, content)
        assert message.startswith("The file is an archive, whatever its name says. Unpack it")

    def test_not_larger_than_the_phase_says(self, phase: Phase, user: User) -> None:
        update_phase(actor=user, phase=phase, predictions_max_mb=1)
        phase.refresh_from_db()
        (message,) = refused(phase, user, b"[" + b" " * 2**20 + b"]")
        assert "at most 1" in message

    def test_of_any_content_without_a_schema(self, user: User) -> None:
        phase = make_predictions_phase(
            make_challenge(participants=(user,)), predictions_schema=None
        )
        hand_in_file(phase, creator=user, content={"anything": None})


class TestCsv:
    ROWS = b"case,probability\r\na,0.5\r\n007,1\r\n"

    @pytest.fixture
    def phase(self, user: User) -> Phase:
        challenge = make_challenge(participants=(user,))
        return make_predictions_phase(challenge, predictions_form="CSV")

    def test_rows_are_objects(self, phase: Phase, user: User) -> None:
        submission = hand_in_file(phase, creator=user, content=self.ROWS, filename="A.CSV")
        assert submission.file_key.endswith(".csv")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"case,probability\na,2\n", "[0].probability: must be at most 1"),
            (b"case,probability\na,\n", "[0].probability: must be a number"),
            (b"case\na\n", "[0].probability: is missing"),
            (b"case,probability\na\n", "Line 2 has 1 cells; the header has 2."),
            (b"case,case\na,b\n", "“case” is there twice"),
            (b"case,\na,1\n", "one of the names is empty"),
            (b'case,probability\n"a,1\n', "not CSV: line 2"),
            (b"case,probability\n", "at least 1"),
        ],
    )
    def test_faults(self, phase: Phase, user: User, content: bytes, words: str) -> None:
        assert words in refused(phase, user, content, filename="mine.csv")[0]


class TestRules:
    def test_the_same_file_once_for_a_team(self, phase: Phase, user: User) -> None:
        mate = UserFactory()
        grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=mate, role="PARTICIPANT")
        make_team(phase.challenge, user, mate)
        content = [{"case": "a", "probability": 0.25}]
        first = hand_in_file(phase, creator=user, content=content)
        for person in (user, mate):
            with pytest.raises(ValidationFailed) as raised:
                hand_in_file(phase, creator=person, content=content, filename="other.json")
            assert "already" in raised.value.fields["uploads"][0]
        hand_in_file(phase, content=content)
        cancel_evaluation(actor=user, evaluation=first.evaluations.get())
        hand_in_file(phase, creator=mate, content=content)

    def test_limits_count_as_for_algorithms(self, user: User) -> None:
        challenge = make_challenge(participants=(user,))
        phase = make_predictions_phase(challenge, limit_successful=1, limit_attempted=2)
        hand_in_file(phase, creator=user)
        upload = make_predictions(user)
        with pytest.raises(LimitReached):
            submit_predictions(actor=user, phase=phase, upload=upload)
        assert UserUpload.objects.filter(pk=upload.pk).exists()

    def test_each_kind_of_phase_takes_its_own(self, phase: Phase, user: User) -> None:
        with pytest.raises(Conflict, match="no algorithms"):
            submit_algorithm(actor=user, phase=phase, algorithm=make_algorithm(editor=user))
        other = make_phase(make_challenge(participants=(user,)))
        with pytest.raises(Conflict, match="no files"):
            hand_in_file(other, creator=user)

    def test_a_closed_phase_looks_at_no_file(self, phase: Phase, user: User) -> None:
        update_phase(actor=user, phase=phase, opens_at=None)
        with pytest.raises(Conflict, match="takes no submissions"):
            hand_in_file(phase, creator=user, content=b"[")

    def test_a_submission_is_an_algorithm_or_a_file(self, phase: Phase, user: User) -> None:
        submission = hand_in_file(phase, creator=user)
        with pytest.raises(IntegrityError), transaction.atomic():
            Submission.objects.filter(pk=submission.pk).update(file_key="")


class TestPhases:
    def test_can_do_without_cases(self, user: User) -> None:
        phase = make_predictions_phase(make_challenge(participants=(user,)), archive=None)
        assert readiness_of(phase).ready
        evaluation = hand_in_file(phase, creator=user).evaluations.get()
        assert not evaluation.cases.exists()

    def test_of_algorithms_cannot(self, user: User) -> None:
        with pytest.raises(ValidationFailed) as raised:
            create_phase(actor=user, challenge=make_challenge(), title="A")
        assert "cases to run on" in raised.value.fields["archive"][0]

    def test_keep_their_kind_once_opened(self, phase: Phase, user: User) -> None:
        for name, value in (("kind", "ALGORITHM"), ("predictions_form", "CSV")):
            with pytest.raises(ValidationFailed) as raised:
                update_phase(actor=user, phase=phase, **{name: value})
            assert list(raised.value.fields) == [name]
        update_phase(actor=user, phase=phase, kind="PREDICTIONS", predictions_schema=None)
        draft = make_phase(opens_at=None)
        update_phase(actor=user, phase=draft, kind="PREDICTIONS")
        draft.refresh_from_db()
        assert draft.takes_predictions

    @pytest.mark.parametrize(
        ("schema", "words"),
        [
            ({"$ref": "https://example.org/schema"}, "into the schema itself"),
            ({"pattern": "(a+)+$"}, "not taken"),
            ({"type": "no such type"}, "not a JSON Schema"),
            ([], "JSON object"),
            ({"enum": ["x" * 200_000]}, "longer than"),
        ],
    )
    def test_take_no_schema_that_cannot_be_used(
        self, phase: Phase, user: User, schema: Any, words: str
    ) -> None:
        with pytest.raises(ValidationFailed) as raised:
            update_phase(actor=user, phase=phase, predictions_schema=schema)
        assert words in raised.value.fields["predictions_schema"][0]
        phase.refresh_from_db()
        assert phase.predictions_schema == SCHEMA


class TestEvaluation:
    def test_no_algorithm_runs(self, phase: Phase, user: User) -> None:
        submission = hand_in_file(phase, creator=user)
        evaluation = submission.evaluations.get()
        assert [case.state for case in evaluation.cases.all()] == ["GIVEN"] * 3
        advance(evaluation.pk)
        evaluation.refresh_from_db()
        job = evaluation.job
        assert evaluation.state == State.EVALUATING
        assert job is not None
        assert [*Job.objects.all()] == [job]
        title = phase.archive.items.order_by("created")[1].title
        metrics = {
            "aggregates": {"dice": {"mean": 0.75}},
            "results": [{"case": title, "metrics": {"dice": 0.5}}],
        }
        finish_method(evaluation, metrics)
        assert (evaluation.state, evaluation.score, evaluation.rank) == ("SUCCEEDED", 0.75, 1)
        score = evaluation.cases.get(order=2).scores.get()
        assert (score.metric, score.value) == ("dice", 0.5)

    @pytest.mark.parametrize(
        ("form", "content", "path"),
        [
            ("JSON", b'[{"case": "a", "probability": 1}]', "predictions.json"),
            ("CSV", TestCsv.ROWS, "predictions.csv"),
        ],
    )
    def test_the_container_finds_the_file_where_it_looks(
        self, user: User, form: str, content: bytes, path: str, tmp_path: Path
    ) -> None:
        phase = make_predictions_phase(make_challenge(participants=(user,)), predictions_form=form)
        submission = hand_in_file(phase, creator=user, content=content, filename=f"x.{form}")
        evaluation = submission.evaluations.get()
        advance(evaluation.pk)
        (file,) = files_of(Job.objects.get(), tmp_path)
        assert (file.relative_path, file.size) == (path, len(content))
        assert file.sha256 == submission.file_sha256
        assert submission.file_key in file.url

    def test_scores_of_cases_that_nobody_knows_are_said(self, user: User) -> None:
        phase = make_predictions_phase(make_challenge(participants=(user,)), archive=None)
        evaluation = hand_in_file(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        finish_method(evaluation, {"results": [{"case": "a", "metrics": {"dice": 1}}]})
        assert evaluation.state == State.SUCCEEDED
        (fault,) = evaluation.result_faults
        assert "no archive" in fault

    def test_an_attempt_comes_back_until_the_scoring_began(self, user: User) -> None:
        challenge = make_challenge(participants=(user,))
        phase = make_predictions_phase(challenge, limit_attempted=5)
        first, second = (hand_in_file(phase, creator=user).evaluations.get() for _ in range(2))
        advance(first.pk)
        cancel_evaluation(actor=user, evaluation=first)
        assert standing_of(user, phase).left == 4
        advance(second.pk)
        second.refresh_from_db()
        take(second.job)
        Job.objects.filter(pk=second.job_id).update(started_at=second.created)
        second.refresh_from_db()
        cancel_evaluation(actor=user, evaluation=second)
        assert standing_of(user, phase).left == 4

    def test_a_failure_is_the_evaluation_container_s(self, phase: Phase, user: User) -> None:
        evaluation = hand_in_file(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        evaluation.refresh_from_db()
        fail_job(evaluation.job, reason="KeyError: case-3")
        advance(evaluation.pk)
        evaluation.refresh_from_db()
        assert evaluation.state == State.FAILED
        assert "case-3" not in evaluation.reason

    def test_again_scores_the_same_file(self, phase: Phase, user: User, tmp_path: Path) -> None:
        submission = hand_in_file(phase, creator=user)
        evaluation = submission.evaluations.get()
        advance(evaluation.pk)
        finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.5}}})
        second = evaluate_again(actor=user, submission=submission, cause="New truth")
        assert [case.state for case in second.cases.all()] == ["GIVEN"] * 3
        advance(second.pk)
        second.refresh_from_db()
        (file,) = files_of(second.job, tmp_path)
        assert file.sha256 == submission.file_sha256


def test_exports_and_personal_data_have_the_file(phase: Phase, user: User) -> None:
    submission = hand_in_file(phase, creator=user)
    assert submission.file_sha256 in "".join(
        exported_table(phase.challenge, "submissions", ending="csv")
    )
    (row,) = made_submissions(user)
    assert (row["file"], row["algorithm"]) == ("mine.json", None)
