"""A large challenge, made in bulk: teams and lone participants, submissions, cases and scores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.challenges.models import Challenge, Entrant, Phase

LABELS = ("liver", "tumor")
METRICS = ("dice", "hd95_mm")
BATCH = 5000


def furnish(*, submissions: int, cases: int, teams: int = 100, with_cases: int = 0) -> None:
    """Make a challenge of one phase and rank it.

    Beside ``teams`` of two people as many take part alone. They hand in by turns, and the earlier
    a submission the better. With ``with_cases`` only so many of the first have cases and scores.
    """
    from django.db import connection

    from app.challenges.models import Evaluation
    from app.challenges.services.leaderboard import rerank

    people = _people(3 * teams)
    challenge, phase = _phase(people[0], cases)
    entrants = _entrants(challenge, people[1:], teams)
    detailed = with_cases or submissions
    evaluations = list(_evaluations(phase, entrants, submissions, detailed))
    for chunk in _chunks(evaluations[:detailed], 50):
        _cases(phase, chunk)
    Evaluation.objects.bulk_create(evaluations[detailed:], batch_size=BATCH)
    rerank(phase)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _people(count: int) -> list[User]:
    from django.contrib.auth.hashers import make_password

    from app.accounts.models import User

    password = make_password("secret")
    names = ["organizer", *(f"person{n}" for n in range(count))]
    return User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", password=password) for name in names
    )


def _phase(organizer: User, cases: int) -> tuple[Challenge, Phase]:
    from app.challenges.models import EvaluationMethod, GroundTruth
    from app.challenges.services import create_challenge, create_phase
    from app.sockets.selectors import medical_image_socket
    from archives.models import Archive, ArchiveItem, ArchiveMember

    medical_image_socket()
    archive = Archive.objects.create(title="Hidden", slug="hidden")
    ArchiveMember.objects.create(target=archive, user=organizer, role="EDITOR")
    ArchiveItem.objects.bulk_create(
        ArchiveItem(archive=archive, title=f"Case {n + 1}") for n in range(cases)
    )
    challenge = create_challenge(actor=organizer, title="Large", public=True)
    settings: dict[str, Any] = {"title": "Final", "archive": archive, "show_case_scores": True}
    phase = create_phase(actor=organizer, challenge=challenge, **settings)
    image = _images(organizer, 1, kind="METHOD")[0]
    EvaluationMethod.objects.create(phase=phase, container_image=image)
    GroundTruth.objects.create(phase=phase, key="ground-truth/a.tar", size=5, sha256="0" * 64)
    return challenge, phase


def _images(creator: User, count: int, *, kind: str) -> list[Any]:
    from app.core.ids import new_id
    from app.execution.models import ContainerImage

    return ContainerImage.objects.bulk_create(
        ContainerImage(
            creator=creator,
            kind=kind,
            state="READY",
            key=f"containers/{new_id()}.tar",
            filename="image.tar",
            size=1,
            digest=f"sha256:{new_id().hex * 2}",
        )
        for _ in range(count)
    )


def _entrants(challenge: Challenge, people: list[User], count: int) -> list[tuple[Entrant, User]]:
    """Return who takes part, each with the person who hands in."""
    from app.challenges.models import ChallengeMember, Entrant, Team, TeamMember

    ChallengeMember.objects.bulk_create(
        ChallengeMember(target=challenge, user=person, role="PARTICIPANT") for person in people
    )
    captains, alone = people[:count], people[2 * count :]
    teams = Team.objects.bulk_create(
        Team(challenge=challenge, title=f"Team {n}", captain=person)
        for n, person in enumerate(captains)
    )
    TeamMember.objects.bulk_create(
        TeamMember(team=team, challenge=challenge, user=person)
        for n, team in enumerate(teams)
        for person in (people[n], people[n + count])
    )
    entrants = Entrant.objects.bulk_create(
        [
            *(Entrant(challenge=challenge, team=team) for team in teams),
            *(Entrant(challenge=challenge, person=person) for person in alone),
        ]
    )
    return list(zip(entrants, [*captains, *alone], strict=True))


def _evaluations(
    phase: Phase, entrants: list[tuple[Entrant, User]], count: int, detailed: int
) -> Iterator[Any]:
    """Make submissions and their evaluations; one in twenty failed."""
    from django.utils import timezone

    from algorithms.models import Algorithm, AlgorithmVersion
    from app.challenges.models import Evaluation, Submission

    algorithms = Algorithm.objects.bulk_create(
        Algorithm(title=f"Algorithm {n}", slug=f"algorithm-{n}") for n in range(len(entrants))
    )
    images = _images(entrants[0][1], count, kind="ALGORITHM")
    versions = AlgorithmVersion.objects.bulk_create(
        AlgorithmVersion(
            algorithm=algorithms[n % len(entrants)],
            number=1 + n // len(entrants),
            container_image=image,
        )
        for n, image in enumerate(images)
    )
    made = Submission.objects.bulk_create(
        Submission(
            phase=phase,
            creator=entrants[n % len(entrants)][1],
            entrant=entrants[n % len(entrants)][0],
            competes_as=entrants[n % len(entrants)][0],
            version=version,
            state="ACCEPTED",
        )
        for n, version in enumerate(versions)
    )
    through = Submission.people.through
    through.objects.bulk_create(through(submission=one, user=one.creator) for one in made)
    method, truth, now = phase.methods.get(), phase.ground_truths.get(), timezone.now()
    cases = phase.archive.items.count()
    for n, submission in enumerate(made):
        failed = n % 20 == 19
        yield Evaluation(
            submission=submission,
            method=method,
            ground_truth=truth,
            state="FAILED" if failed else "SUCCEEDED",
            metrics=None if failed else _metrics(n / count, cases if n < detailed else 0),
            reason="The algorithm failed on case 1 of the hidden test set." if failed else "",
            finished_at=now - timedelta(minutes=n),
        )


def _metrics(late: float, cases: int) -> dict[str, Any]:
    """Return metrics as a container writes them; ``late`` is 0 for the first and best, 1 last."""
    score = 0.95 - late / 5
    results = [
        {"case": f"Case {n + 1}", "liver": {"dice": score, "hd95_mm": 3.0}} for n in range(cases)
    ]
    return {"aggregates": {"dice": {"mean": score, "std": 0.05}}, "results": results}


def _cases(phase: Phase, evaluations: list[Any]) -> None:
    """Make the jobs, cases and scores of some evaluations."""
    from app.challenges.models import CaseScore, Evaluation, EvaluationCase
    from app.execution.models import Job

    Evaluation.objects.bulk_create(evaluations)
    items = list(phase.archive.items.all())
    pairs = [(evaluation, n, item) for evaluation in evaluations for n, item in enumerate(items)]
    jobs = Job.objects.bulk_create(
        (_job(evaluation, n) for evaluation, n, _ in pairs), batch_size=BATCH
    )
    cases = EvaluationCase.objects.bulk_create(
        (
            EvaluationCase(
                evaluation=evaluation,
                item=item,
                order=n + 1,
                job=job,
                state="FAILED" if evaluation.state == "FAILED" else "DONE",
            )
            for (evaluation, n, item), job in zip(pairs, jobs, strict=True)
        ),
        batch_size=BATCH,
    )
    CaseScore.objects.bulk_create(
        (
            CaseScore(case=case, metric=metric, label=label, value=0.9 - case.order / 1000)
            for case in cases
            if case.state == "DONE"
            for metric in METRICS
            for label in LABELS
        ),
        batch_size=BATCH,
    )


def _job(evaluation: Any, number: int) -> Any:
    from app.execution.models import Job

    ended = evaluation.finished_at
    failed = evaluation.state == "FAILED"
    return Job(
        kind="challenge-case",
        container_image_id=evaluation.submission.version.container_image_id,
        creator_id=evaluation.submission.creator_id,
        state="FAILED" if failed else "SUCCEEDED",
        reason="The container ended with exit code 3." if failed else "",
        reason_code=("platform" if number % 2 else "container") if failed else "",
        started_at=ended - timedelta(seconds=40 + number),
        finished_at=ended,
        handled=True,
        cpus=2,
        gpus=number % 2,
        log="A line of the container's log.\n" * 20,
    )


def _chunks(rows: list[Any], size: int) -> Iterator[list[Any]]:
    found = iter(rows)
    while chunk := list(islice(found, size)):
        yield chunk
