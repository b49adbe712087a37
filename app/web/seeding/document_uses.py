"""What a seed file may say about the use of cases, and the file as a whole."""

from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from algorithms.models import AlgorithmMember
from app.challenges.models import ChallengeMember
from app.sockets.schemas import InvalidValue, clean_segments
from app.web.seeding.document import (
    MOST,
    ArchiveEntry,
    AskableEntry,
    Comment,
    Entry,
    FilePath,
    Handle,
    ImageEntry,
    NumberKey,
    OrganizationEntry,
    Slug,
    SocketEntry,
    Text,
    Title,
    TokenEntry,
    UserEntry,
    Values,
    Version,
)
from app.web.seeding.document_phases import PhaseEntry
from reader_studies.answer_types import ANSWER_TYPES, Setting
from reader_studies.models import ReaderStudyMember

Number = Annotated[float, Field(strict=False, allow_inf_nan=False)]


def _some(answer: Any) -> Any:
    if answer is None or answer in ("", [], {}):
        raise ValueError("Give an answer.")
    return answer


def _known_kind(key: str) -> str:
    if key not in ANSWER_TYPES:
        raise ValueError(f"Known kinds are {', '.join(ANSWER_TYPES)}.")
    return key


def _cleaned(segments: list[Any]) -> list[dict[str, Any]]:
    try:
        return clean_segments(segments)
    except InvalidValue as error:
        raise ValueError(str(error)) from error


AnswerKind = Annotated[
    str,
    AfterValidator(_known_kind),
    WithJsonSchema({"type": "string", "enum": list(ANSWER_TYPES)}),
]
AnyAnswer = Annotated[
    Any,
    AfterValidator(_some),
    WithJsonSchema({"type": ["boolean", "number", "string", "array", "object"]}),
]
Length = Annotated[int, Field(ge=0, le=10_000)]


class OptionEntry(Entry):
    """One option of a choice; readers start with those that are a default."""

    pk: NumberKey | None = None
    title: Title
    default: bool = False


class QuestionEntry(Entry):
    """A question that every reader answers for every display set.

    ``socket`` names the socket with whose value an answer starts.
    """

    id: Handle | None = None
    pk: UUID | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
    help_text: Annotated[str, StringConstraints(max_length=500)] = ""
    kind: AnswerKind
    required: bool = True
    widget: Annotated[str, StringConstraints(max_length=24)] = ""
    minimum: Number | None = None
    maximum: Number | None = None
    step: Annotated[Decimal, Field(strict=False, gt=0, allow_inf_nan=False)] | None = None
    min_length: Length | None = None
    max_length: Length | None = None
    pattern: Annotated[str, StringConstraints(max_length=500)] = ""
    color: Annotated[str, StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    viewport: Annotated[str, StringConstraints(max_length=14)] = ""
    segments: Annotated[
        list[Any],
        Field(max_length=64),
        AfterValidator(_cleaned),
        WithJsonSchema({"type": "array", "maxItems": 64, "items": {"type": "object"}}),
    ] = []
    socket: Slug | None = None
    confirm_empty: bool = False
    confirm_empty_text: Annotated[str, StringConstraints(max_length=200)] = ""
    options: Annotated[list[OptionEntry], Field(max_length=200)] = []

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        titles = [option.title for option in self.options]
        has_options = Setting.OPTIONS in ANSWER_TYPES[self.kind].settings
        if has_options and len(set(titles)) < 2:
            raise ValueError("A choice needs at least two different options.")
        if not has_options and titles:
            raise ValueError("Only a choice has options.")
        if len(titles) != len(set(titles)):
            raise ValueError("Two options have the same title.")
        return self


class DisplaySetEntry(Entry):
    """What readers look at together: an archive item's values, or values of its own."""

    id: Handle | None = None
    pk: UUID | None = None
    title: Title | None = None
    order: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    item: Handle | None = None
    values: Values = {}

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.item is not None and self.values:
            raise ValueError("Give an item or values, not both.")
        if self.item is None and self.title is None:
            raise ValueError("Give a title.")
        return self


class AnswerEntry(Entry):
    """A reader's answer; options are given by their titles, a mask as ``{"image": key}``."""

    pk: UUID | None = None
    reader: Handle
    display_set: Handle
    question: Handle
    answer: AnyAnswer


class ReferenceEntry(Entry):
    """What is right: the reference standard's answer, which the owner enters."""

    display_set: Handle
    question: Handle
    answer: AnyAnswer
    explanation: Annotated[str, StringConstraints(max_length=2000)] = ""


class StudyMemberEntry(Entry):
    """Somebody's role on a reader study."""

    user: Handle
    role: ReaderStudyMember.Role


class StudyEntry(AskableEntry):
    """A reader study; the owner becomes its editor."""

    id: Handle | None = None
    pk: UUID | None = None
    slug: Slug | None = None
    title: Title
    description: Text = ""
    instructions: Text = ""
    answers_may_change: bool = True
    case_navigation: bool = True
    shuffle: bool = False
    roll_over: Annotated[int, Field(ge=0, le=100)] = 0
    end_text: Text = ""
    owner: Handle
    members: Annotated[list[StudyMemberEntry], Field(max_length=MOST)] = []
    questions: Annotated[list[QuestionEntry], Field(max_length=1000)] = []
    display_sets: Annotated[list[DisplaySetEntry], Field(max_length=MOST)] = []
    answers: Annotated[list[AnswerEntry], Field(max_length=100_000)] = []
    reference: Annotated[list[ReferenceEntry], Field(max_length=100_000)] = []


class VersionEntry(Entry):
    """A container archive as ``docker save`` writes it."""

    pk: UUID | None = None
    container: FilePath
    comment: Comment = ""


class AlgorithmMemberEntry(Entry):
    """Somebody's role on an algorithm."""

    user: Handle
    role: AlgorithmMember.Role


class AlgorithmEntry(AskableEntry):
    """An algorithm; the owner becomes its editor."""

    id: Handle | None = None
    pk: UUID | None = None
    slug: Slug | None = None
    title: Title
    description: Text = ""
    public: bool = False
    owner: Handle
    inputs: Annotated[list[Slug], Field(min_length=1, max_length=100)]
    outputs: Annotated[list[Slug], Field(min_length=1, max_length=100)]
    members: Annotated[list[AlgorithmMemberEntry], Field(max_length=MOST)] = []
    versions: Annotated[list[VersionEntry], Field(max_length=100)] = []


class ChallengeMemberEntry(Entry):
    """Somebody's role in a challenge."""

    user: Handle
    role: ChallengeMember.Role


class TeamEntry(Entry):
    """People who take part together; the captain makes the team, the others are asked and join."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
    captain: Handle
    members: Annotated[list[Handle], Field(max_length=100)] = []


class ChallengeEntry(AskableEntry):
    """A challenge; the owner becomes its administrator. ``design`` is what it declares."""

    id: Handle | None = None
    pk: UUID | None = None
    slug: Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=60)] | None = (
        None
    )
    title: Title
    description: Text = ""
    public: bool = False
    team_size: Annotated[int, Field(ge=1, le=100)] = 10
    design: dict[str, Any] | None = None
    owner: Handle
    members: Annotated[list[ChallengeMemberEntry], Field(max_length=MOST)] = []
    teams: Annotated[list[TeamEntry], Field(max_length=1000)] = []
    phases: Annotated[list[PhaseEntry], Field(max_length=100)] = []


class SeedFile(Entry):
    """Everything that a seed file describes, made in this order."""

    schema_address: Annotated[str, Field(alias="$schema")] = ""
    version: Version
    users: Annotated[list[UserEntry], Field(max_length=MOST)] = []
    organizations: Annotated[list[OrganizationEntry], Field(max_length=MOST)] = []
    tokens: Annotated[list[TokenEntry], Field(max_length=MOST)] = []
    sockets: Annotated[list[SocketEntry], Field(max_length=1000)] = []
    images: Annotated[list[ImageEntry], Field(max_length=MOST)] = []
    archives: Annotated[list[ArchiveEntry], Field(max_length=1000)] = []
    reader_studies: Annotated[list[StudyEntry], Field(max_length=1000)] = []
    algorithms: Annotated[list[AlgorithmEntry], Field(max_length=1000)] = []
    challenges: Annotated[list[ChallengeEntry], Field(max_length=1000)] = []


def path_of(parts: tuple[Any, ...] | list[Any]) -> str:
    """Return where something is in the file, such as ``archives[2].items[0].title``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
