"""Publishing an algorithm: everybody who is signed in may then run it."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from algorithms.models import Algorithm, AlgorithmRun
from algorithms.selectors import active_version
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.execution.models import Job


@dataclass(frozen=True)
class Requirement:
    """One thing that a published algorithm has; ``advice`` says how to come by it."""

    name: str
    label: str
    met: bool
    advice: str


def requirements(algorithm: Algorithm) -> list[Requirement]:
    """Return what is asked of an algorithm before everybody may run it."""
    version = active_version(algorithm)
    ran = (
        version is not None
        and AlgorithmRun.objects.filter(version=version, job__state=Job.State.SUCCEEDED).exists()
    )
    texts = (
        ("contact_email", "A contact address", "Say who answers questions."),
        ("summary", "A summary", "Say in a sentence or two what it does."),
        ("mechanism", "A description of how it works", "Say what the method is."),
    )
    return [
        *(
            Requirement(name, label, bool(getattr(algorithm, name).strip()), advice)
            for name, label, advice in texts
        ),
        Requirement(
            "version", "A version that can run", version is not None, "Upload a container image."
        ),
        Requirement(
            "run",
            "A run of that version that succeeded",
            ran,
            "Try it out on a case until it succeeds.",
        ),
    ]


@transaction.atomic
def publish_algorithm(*, actor: User, algorithm: Algorithm) -> Algorithm:
    """Let everybody who is signed in run it; refused in words while something is missing."""
    current = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    missing = [one for one in requirements(current) if not one.met]
    if missing:
        names = "; ".join(one.label[0].lower() + one.label[1:] for one in missing)
        raise Conflict(
            f"Something is missing before this algorithm can be published: {names}.",
            advice=" ".join(one.advice for one in missing),
            missing=[one.name for one in missing],
        )
    return _set_public(actor=actor, algorithm=algorithm, public=True)


@transaction.atomic
def unpublish_algorithm(*, actor: User, algorithm: Algorithm) -> Algorithm:
    """Let only its members run it again."""
    return _set_public(actor=actor, algorithm=algorithm, public=False)


def _set_public(*, actor: User, algorithm: Algorithm, public: bool) -> Algorithm:
    if algorithm.public == public:
        return algorithm
    algorithm.public = public
    algorithm.published_at = timezone.now() if public else None
    algorithm.save(update_fields=["public", "published_at", "modified"])
    verb = "published" if public else "unpublished"
    record(f"algorithms.algorithm.{verb}", obj=algorithm, actor=actor)
    return algorithm
