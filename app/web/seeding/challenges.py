"""Challenges of a seed file: designs, phases with all that these need, and submissions."""

from typing import Any

from app.accounts.models import User
from app.challenges.models import Challenge, DesignVersion, Phase
from app.challenges.policies import CHALLENGES
from app.challenges.selectors import current_ground_truth, current_method, starter_kit_of
from app.challenges.services import (
    add_ground_truth,
    add_kit_truth,
    add_method,
    choose_sample,
    create_challenge,
    create_phase,
    declare_design,
    update_challenge,
    update_phase,
)
from app.web.seeding.algorithms import check_container, same_content, sockets
from app.web.seeding.asking import seed_requests
from app.web.seeding.document_phases import PhaseEntry
from app.web.seeding.document_uses import ChallengeEntry
from app.web.seeding.places import digest_of, file_below
from app.web.seeding.run import Refused, Run, Status, find
from app.web.seeding.submissions import seed_submission
from app.web.seeding.teams import seed_team

PHASE_FIELDS = (
    "title",
    "description",
    "kind",
    "predictions_form",
    "predictions_schema",
    "predictions_max_mb",
    "score_path",
    "score_title",
    "direction",
    "opens_at",
    "closes_at",
    "frozen_at",
    "limit_successful",
    "limit_successful_days",
    "limit_attempted",
    "limit_attempted_days",
    "limit_under_way",
    "gpus",
    "gpu_memory_mb",
    "cpus",
    "memory_mb",
    "time_limit",
)


def seed_challenge(run: Run, entry: ChallengeEntry, path: str) -> None:
    """Make or change a challenge and its roles, then its teams and its phases one by one."""
    challenge: Challenge | None = None
    with run.entry(path, kind="challenge", name=entry.title):
        owner = run.get("user", entry.owner, path=f"{path}.owner")
        named = {"slug": entry.slug_wanted}
        found = find(Challenge, path=path, pk=entry.pk, named=named, rename=entry.slug is None)
        wanted = entry.given("title", "description", "public", "listed", "access_mode", "team_size")
        settled = run.settle(
            found,
            path=path,
            kind="challenge",
            name=entry.title,
            make=lambda: create_challenge(
                actor=owner, pk=entry.pk, slug=entry.slug or "", **wanted
            ),
            change=lambda obj, **changes: update_challenge(actor=owner, challenge=obj, **changes),
            wanted=wanted,
        )
        run.give_roles(CHALLENGES, settled, entry=entry, owner=owner, path=path)
        seed_requests(run, entry.requests, settled, path)
        _declare(run, entry.design, settled, owner, f"{path}.design")
        run.know("challenge", entry.names, settled)
        challenge = settled
    if challenge is None:
        return
    for number, team in enumerate(entry.teams):
        place = f"{path}.teams[{number}]"
        with run.entry(place, kind="team", name=team.title):
            seed_team(run, team, challenge, place)
    for number, phase in enumerate(entry.phases):
        _seed_phase(run, phase, challenge, owner, f"{path}.phases[{number}]")


def _seed_phase(run: Run, entry: PhaseEntry, challenge: Challenge, owner: User, path: str) -> None:
    phase: Phase | None = None
    with run.entry(path, kind="phase", name=entry.title):
        found = _phase(run, entry, challenge, owner, path)
        _declare(run, entry.design, challenge, owner, f"{path}.design", phase=found)
        _furnish(run, entry, found, owner, path)
        _give_sample(run, entry, found, owner, path)
        phase = found  # not before: what is refused on the way takes a new phase back
    if phase is None:
        return
    for number, submission in enumerate(entry.submissions):
        place = f"{path}.submissions[{number}]"
        with run.entry(place, kind="submission", name=f"of {submission.user}"):
            seed_submission(run, submission, phase, place)


def _phase(run: Run, entry: PhaseEntry, challenge: Challenge, owner: User, path: str) -> Phase:
    named = {"challenge": challenge, "title": entry.title}
    found = find(Phase, path=path, pk=entry.pk, named=named, rename=True)
    if found is not None and found.challenge_id != challenge.pk:
        raise Refused(f"{path}.pk", "The key is taken by a phase of another challenge.")
    wanted: dict[str, Any] = entry.given(*PHASE_FIELDS)
    if entry.archive is not None:
        wanted["archive"] = run.get("archive", entry.archive, path=f"{path}.archive")
    inputs = sockets(run, entry.inputs, path=f"{path}.inputs")
    outputs = sockets(run, entry.outputs, path=f"{path}.outputs")
    for name, given in (("inputs", inputs), ("outputs", outputs)):
        held = getattr(found, name).all() if found is not None else given
        if given and {socket.pk for socket in given} != {socket.pk for socket in held}:
            raise Refused(f"{path}.{name}", f"The phase is there with other {name}.")
    return run.settle(
        found,
        path=path,
        kind="phase",
        name=entry.title,
        make=lambda: create_phase(
            actor=owner, challenge=challenge, inputs=inputs, outputs=outputs, pk=entry.pk, **wanted
        ),
        change=lambda obj, **changes: update_phase(actor=owner, phase=obj, **changes),
        wanted=wanted,
    )


def _declare(
    run: Run,
    document: dict[str, Any] | None,
    challenge: Challenge,
    owner: User,
    path: str,
    *,
    phase: Phase | None = None,
) -> None:
    """Declare a design, before anybody submits; once it is frozen, another one is a conflict."""
    if document is None:
        return
    before = DesignVersion.objects.filter(challenge=challenge, phase=phase).last()
    made = declare_design(actor=owner, challenge=challenge, phase=phase, document=document)
    status = Status.UPDATED if before else Status.CREATED
    status = Status.UNCHANGED if made == before else status
    run.note(status, path, "design", f"of {phase or challenge}", obj=made)


def _furnish(run: Run, entry: PhaseEntry, phase: Phase, owner: User, path: str) -> None:
    """Give the phase its method and its ground truth, unless it has these very files."""
    if entry.method is not None:
        place, name = f"{path}.method", f"of {phase}"
        method = current_method(phase)
        if method is not None and same_content(run, method.container_image, entry.method):
            run.note(Status.UNCHANGED, place, "method", name, obj=method)
        else:
            method = add_method(actor=owner, phase=phase, upload=run.adopt(owner, entry.method))
            check_container(run, method.container_image, path=place)
            run.note(Status.CREATED, place, "method", name, obj=method)
    if entry.ground_truth is not None:
        place, name = f"{path}.ground_truth", f"of {phase}"
        truth = current_ground_truth(phase)
        digest = digest_of(file_below(run.folder, entry.ground_truth))
        if truth is not None and truth.sha256 == digest:
            run.note(Status.UNCHANGED, place, "ground truth", name, obj=truth)
        else:
            upload = run.adopt(owner, entry.ground_truth)
            truth = add_ground_truth(actor=owner, phase=phase, upload=upload)
            run.stored.append(truth.key)
            run.note(Status.CREATED, place, "ground truth", name, obj=truth)


def _give_sample(run: Run, entry: PhaseEntry, phase: Phase, owner: User, path: str) -> None:
    """Choose the cases of the starter kit, and add their ground truth unless there is one."""
    if entry.sample is None:
        return
    place, name = f"{path}.sample", f"of {phase}"
    archive = run.get("archive", entry.sample, path=place)
    kit = starter_kit_of(phase)
    status = Status.UNCHANGED
    if kit is None or kit.archive != archive:
        kit, status = choose_sample(actor=owner, phase=phase, archive=archive), Status.CREATED
    if entry.sample_truth is not None and not kit.truth_key:
        upload = run.adopt(owner, entry.sample_truth)
        run.stored.append(add_kit_truth(actor=owner, phase=phase, upload=upload).truth_key)
        status = Status.CREATED
    run.note(status, place, "starter kit", name, obj=kit)
