"""Reading declared designs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.formats import date_format

from app.challenges.declaration import (
    Change,
    Level,
    changes_between,
    checklist_csv,
    methods_text,
)
from app.challenges.declaration.showing import Part, answers_of
from app.challenges.models import Challenge, DesignFreeze, DesignVersion, Phase

FORMAT = "hounsfield-design/1"


@dataclass(frozen=True)
class Amendment:
    """A change after the opening: the version, and what differs from the one before."""

    version: DesignVersion
    changes: list[Change]


@dataclass(frozen=True)
class Declared:
    """The design of a challenge or of one phase, with everything that ever was declared."""

    challenge: Challenge
    phase: Phase | None
    versions: list[DesignVersion]
    frozen_at: datetime | None

    @property
    def title(self) -> str:
        """Whose design it is."""
        return self.phase.title if self.phase else self.challenge.title

    @property
    def level(self) -> Level:
        """What its items are."""
        return Level.PHASE if self.phase else Level.CHALLENGE

    @property
    def current(self) -> DesignVersion | None:
        """The version in force."""
        return self.versions[-1] if self.versions else None

    @property
    def document(self) -> dict[str, Any]:
        """The design in force; an empty one where nothing was declared."""
        return self.current.document if self.current else {}

    @property
    def parts(self) -> list[Part]:
        """The answers, by section."""
        return answers_of(self.document)

    @property
    def amendments(self) -> list[Amendment]:
        """The changes after the opening, the newest first."""
        befores: list[dict[str, Any]] = [{}, *(row.document for row in self.versions)]
        pairs = zip(befores, self.versions, strict=False)
        found = [
            Amendment(row, changes_between(before, row.document))
            for before, row in pairs
            if row.amendment
        ]
        return found[::-1]


@dataclass(frozen=True)
class Designs:
    """A challenge's own design and those of its phases."""

    own: Declared
    phases: list[Declared] = field(default_factory=list)

    @property
    def all(self) -> list[Declared]:
        """The challenge's own first."""
        return [self.own, *self.phases]


def with_freezes(rows: QuerySet[Phase]) -> QuerySet[Phase]:
    """Return ``rows``, each with ``design_frozen_at``."""
    frozen = DesignFreeze.objects.filter(phase=OuterRef("pk")).values("created")
    return rows.annotate(design_frozen_at=Subquery(frozen))


def designs_of(challenge: Challenge, *, phases: list[Phase] | None = None) -> Designs:
    """Return everything that a challenge declared, in two queries.

    In one where its ``phases`` are known already, as `services.design.note_openings` returns them.
    """
    versions = list(challenge.designs.select_related("author"))
    phases = list(with_freezes(challenge.phases.all())) if phases is None else phases
    freezes = {one.pk: at for one in phases if (at := vars(one)["design_frozen_at"]) is not None}
    own = Declared(challenge, None, _of(versions, None), min(freezes.values(), default=None))
    return Designs(
        own,
        [
            Declared(challenge, phase, _of(versions, phase), freezes.get(phase.pk))
            for phase in phases
        ],
    )


def declared_by(
    challenge: Challenge, phase: Phase | None = None, *, phases: list[Phase] | None = None
) -> Declared:
    """Return the design of a challenge, or of one of its phases."""
    found = designs_of(challenge, phases=phases).all
    return next(one for one in found if one.phase == phase)


def design_document(challenge: Challenge) -> dict[str, Any]:
    """Return all designs with all their versions, for programs."""
    found = designs_of(challenge)
    return {
        "format": FORMAT,
        "challenge": {"id": str(challenge.pk), "slug": challenge.slug, "title": challenge.title},
        "design": _exported(found.own),
        "phases": [
            {"id": str(one.phase.pk), "title": one.title, "design": _exported(one)}
            for one in found.phases
            if one.phase
        ],
    }


def design_checklist(challenge: Challenge) -> str:
    """Return the BIAS checklist as CSV."""
    found = designs_of(challenge)
    parts = {f"Phase: {one.title}": one.document for one in found.phases if one.versions}
    return checklist_csv({"Challenge": found.own.document, **parts})


def design_methods(challenge: Challenge) -> str:
    """Return paragraphs for a paper: the challenge's, then those of phases with their own."""
    found = designs_of(challenge)
    told = [found.own, *(one for one in found.phases if one.versions)]
    return "\n\n".join(
        methods_text(one.title, one.document, declared=_declared_words(one)) for one in told
    )


def _of(versions: Iterable[DesignVersion], phase: Phase | None) -> list[DesignVersion]:
    wanted = phase.pk if phase else None
    return [row for row in versions if row.phase_id == wanted]


def _exported(declared: Declared) -> dict[str, Any]:
    current = declared.current
    changes = {one.version.pk: one.changes for one in declared.amendments}
    return {
        "frozen_at": declared.frozen_at,
        "current": current.number if current else None,
        "document": declared.document,
        "versions": [
            {
                "number": row.number,
                "created": row.created,
                "amendment": row.amendment,
                "reason": row.reason,
                "sha256": row.digest,
                "document": row.document,
                "changes": [
                    {"item": one.name, "before": one.before, "after": one.after}
                    for one in changes.get(row.pk, ())
                ],
            }
            for row in declared.versions
        ],
    }


def _declared_words(declared: Declared) -> str:
    if declared.frozen_at is None:
        return "The design is not frozen yet."
    count = sum(row.amendment for row in declared.versions)
    amended = "was not amended since" if count == 0 else f"was amended {count} times since"
    if count == 1:
        amended = "was amended once since"
    return f"The design was frozen on {date_format(declared.frozen_at, 'j F Y')} and {amended}."
