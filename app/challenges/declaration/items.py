"""The items of a declared design, with the items of the BIAS checklist that they answer."""

from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
MOST_CHARACTERS = 20_000
MOST_METRICS = 50
MOST_COUNT = 10**9


class Kind(StrEnum):
    """What an item's answer is."""

    TEXT = "text"
    COUNT = "count"
    METRICS = "metrics"
    PLAN = "plan"


class Level(StrEnum):
    """Whose design it is; a phase declares only what may differ between phases."""

    CHALLENGE = "challenge"
    PHASE = "phase"


@dataclass(frozen=True)
class Item:
    """One question of the design; ``bias`` is the checklist's name for it."""

    name: str
    label: str
    bias: str
    help: str = ""
    kind: Kind = Kind.TEXT
    in_phases: bool = False


@dataclass(frozen=True)
class Section:
    """Items that belong together."""

    key: str
    title: str
    items: tuple[Item, ...]


SECTIONS = (
    Section(
        "mission",
        "Mission",
        (
            Item("task", "Task", "Assessment aim(s)", "What algorithms are asked to do."),
            Item("application", "Field of application", "Field(s) of application"),
            Item("target_cohort", "Target cohort", "Cohort(s): target", "Whom it is meant for."),
            Item(
                "challenge_cohort",
                "Challenge cohort",
                "Cohort(s): challenge",
                "Whose data the challenge uses, and how they differ from the target cohort.",
            ),
            Item("target_entity", "Target structures", "Target entity(ies)"),
        ),
    ),
    Section(
        "data",
        "Data",
        (
            Item(
                "acquisition",
                "Acquisition",
                "Imaging modality(ies) and data source(s)",
                "Modalities, devices, protocols, centers.",
                in_phases=True,
            ),
            Item("case", "One case", "Case characteristics: what is a case", in_phases=True),
            Item(
                "training_cases",
                "Training cases",
                "Case characteristics: number of training cases",
                kind=Kind.COUNT,
                in_phases=True,
            ),
            Item(
                "validation_cases",
                "Validation cases",
                "Case characteristics: number of validation cases",
                kind=Kind.COUNT,
                in_phases=True,
            ),
            Item(
                "test_cases",
                "Test cases",
                "Case characteristics: number of test cases",
                kind=Kind.COUNT,
                in_phases=True,
            ),
            Item(
                "sizes_reason",
                "Why these numbers",
                "Case characteristics: reason for numbers and proportions",
                in_phases=True,
            ),
            Item("preprocessing", "Pre-processing", "Data pre-processing", in_phases=True),
        ),
    ),
    Section(
        "annotation",
        "Annotation",
        (
            Item(
                "annotation_protocol",
                "Annotation protocol",
                "Annotation characteristics: method and instructions",
                in_phases=True,
            ),
            Item(
                "annotator_count",
                "Annotators per case",
                "Annotation characteristics: number of annotators",
                kind=Kind.COUNT,
                in_phases=True,
            ),
            Item(
                "annotators",
                "Experience of the annotators",
                "Annotation characteristics: annotators",
                in_phases=True,
            ),
            Item(
                "annotation_merging",
                "Merging of annotations",
                "Annotation characteristics: merging",
                in_phases=True,
            ),
            Item("error_sources", "Sources of error", "Sources of error", in_phases=True),
        ),
    ),
    Section(
        "assessment",
        "Assessment",
        (
            Item(
                "metrics",
                "Metrics and why",
                "Metric(s): definition and justification",
                "One per line: name: why it was chosen.",
                kind=Kind.METRICS,
                in_phases=True,
            ),
            Item(
                "ranking_plan",
                "Ranking plan",
                "Ranking method(s): performance rank",
                "JSON, as the portal runs it; it holds the rules for ties and missing values.",
                kind=Kind.PLAN,
                in_phases=True,
            ),
            Item(
                "ranking_rules",
                "Rules of the leaderboard",
                "Ranking method(s): results that count",
                "The page “Ranking” of a phase writes them as they are set there.",
                in_phases=True,
            ),
            Item(
                "ranking_reason",
                "Why this ranking",
                "Ranking method(s): justification",
                in_phases=True,
            ),
            Item("analyses", "Statistical analyses", "Statistical analyses", in_phases=True),
        ),
    ),
    Section(
        "rules",
        "Rules",
        (
            Item("limits", "Limits of submissions", "Submission method", in_phases=True),
            Item(
                "participation",
                "Who may take part",
                "Participation policies",
                "Also: may the organizers' institutes, and which data may be used for training.",
            ),
            Item("prizes", "Prizes", "Participation policies: awards"),
            Item("results", "Announcement of results", "Participation policies: results"),
            Item("publication", "Publication", "Participation policies: publication"),
            Item("schedule", "Schedule", "Challenge schedule", in_phases=True),
            Item("data_use", "Use of the data", "Data usage agreement"),
            Item("code", "Availability of code", "Code availability"),
            Item("ethics", "Ethics approval", "Ethics approval"),
            Item(
                "conflicts",
                "Conflicts of interest",
                "Conflicts of interest",
                "Sponsoring too, and who has access to the test cases.",
            ),
        ),
    ),
)
ITEMS = {item.name: item for section in SECTIONS for item in section.items}


def items_of(level: Level) -> tuple[Item, ...]:
    """Return the items that a design of this level may answer, in their order."""
    return tuple(item for item in ITEMS.values() if level is Level.CHALLENGE or item.in_phases)
