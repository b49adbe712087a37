"""Furnishing and giving out the starter kit of a phase."""

from collections.abc import Iterator

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.challenges.kit import check_packed, faults_of_sample, kit_entries, sample_cases, zipped
from app.challenges.models import Phase, StarterKit
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload
from archives.models import Archive


@transaction.atomic
def choose_sample(*, actor: User, phase: Phase, archive: Archive) -> StarterKit:
    """Give everybody who may submit the cases of an archive as the sample."""
    faults = faults_of_sample(phase, archive, sample_cases(phase, archive))
    if faults:
        raise ValidationFailed(fields={"archive": faults})
    kit, _ = StarterKit.objects.update_or_create(phase=phase, defaults={"archive": archive})
    data = {"part": "sample archive", "archive": str(archive.pk)}
    record("challenges.starter_kit.changed", obj=phase, actor=actor, data=data)
    return kit


@transaction.atomic
def add_kit_truth(*, actor: User, phase: Phase, upload: UserUpload) -> StarterKit:
    """Take an uploaded tar archive as the ground truth of the sample."""
    check_packed(upload, what="ground truth")
    if phase.ground_truths.filter(sha256=upload.sha256).exists():
        raise ValidationFailed(
            "This is the ground truth of the hidden cases, which nobody may download.",
            advice="Upload the ground truth of the sample cases alone.",
        )
    kit = _kit_of(phase)
    key = f"starter-kits/{new_id()}.tar"
    stored = consume_upload(upload, to=key)
    kit.truth_key, kit.truth_size = key, stored.size
    kit.save(update_fields=["truth_key", "truth_size", "modified"])
    data = {"part": "ground truth of the sample", "size": stored.size}
    record("challenges.starter_kit.changed", obj=phase, actor=actor, data=data)
    return kit


@transaction.atomic
def add_kit_source(*, actor: User, phase: Phase, upload: UserUpload) -> StarterKit:
    """Take an uploaded tar archive as the source of the evaluation container."""
    check_packed(upload, what="source", needs="Dockerfile")
    kit = _kit_of(phase)
    key = f"starter-kits/{new_id()}.tar"
    stored = consume_upload(upload, to=key)
    kit.source_key, kit.source_size = key, stored.size
    kit.save(update_fields=["source_key", "source_size", "modified"])
    data = {"part": "source of the evaluation", "size": stored.size}
    record("challenges.starter_kit.changed", obj=phase, actor=actor, data=data)
    return kit


def download_kit(*, actor: User, phase: Phase) -> Iterator[bytes]:
    """Return the zip, made while it is sent; raises `Conflict` when there is none to give."""
    kit = StarterKit.objects.select_related("phase__challenge", "archive").filter(phase=phase)
    found = kit.first()
    if found is None:
        raise Conflict(
            "This phase has no starter kit.",
            advice="The organizers make one by choosing a sample.",
        )
    entries = kit_entries(found)
    record("challenges.starter_kit.downloaded", obj=phase, actor=actor)
    return zipped(entries)


def _kit_of(phase: Phase) -> StarterKit:
    Phase.objects.select_for_update().get(pk=phase.pk)
    kit, _ = StarterKit.objects.get_or_create(phase=phase)
    return kit
