"""What a seed file may say: people, organizations, sockets, images, archives; see docs/seed.md.

Everywhere ``id`` is a name for use inside of the file, and ``pk`` the primary key to be had.
"""

from enum import Enum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from app.accounts.models import Token
from app.people.models import OrganizationMember
from app.requests.models import AccessMode
from app.sockets.models.socket import RELATIVE_PATH
from app.sockets.schemas import KINDS, SuperKind
from archives.models import ArchiveMember

MOST = 10_000  # entries of one list
LARGEST_KEY = 2**53 - 1
KIND_KEYS = {kind.label: key for key, kind in KINDS.items()}


def _known_kind(label: str) -> str:
    if label not in KIND_KEYS:
        raise ValueError(f"Choose one of {', '.join(KIND_KEYS)}.")
    return label


def _plain_path(path: str) -> str:
    try:
        if path:
            RELATIVE_PATH(path)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from None
    return path


Handle = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@+-]+$", max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=200)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Comment = Annotated[str, StringConstraints(max_length=300)]
Country = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")]
Website = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=200)]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
NumberKey = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
KindLabel = Annotated[
    str,
    AfterValidator(_known_kind),
    WithJsonSchema({"type": "string", "enum": list(KIND_KEYS)}),
]
RelativePath = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain_path)]


class Entry(BaseModel):
    """One thing that the file describes; names that are not known are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @property
    def names(self) -> list[str]:
        """What the rest of the file may call it."""
        found = [getattr(self, "id", None), self.slug_wanted]
        return [name for name in found if name]

    @property
    def slug_wanted(self) -> str:
        """Its short name in addresses: as given, else made of its title."""
        slug, title = getattr(self, "slug", None), getattr(self, "title", "")
        return slug or (slugify(title) if "slug" in type(self).model_fields else "")

    def given(self, *fields: str) -> dict[str, Any]:
        """Return those of the fields that the file sets, choices as they are stored."""
        found = {name: getattr(self, name) for name in fields if name in self.model_fields_set}
        return {
            name: value.value if isinstance(value, Enum) else value for name, value in found.items()
        }


class UserEntry(Entry):
    """A person. Without a password nobody signs in with one; an existing one then stays."""

    id: Handle | None = None
    pk: NumberKey | None = None
    username: Annotated[str, StringConstraints(pattern=r"^[\w.@+-]+$", max_length=150)]
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
    first_name: Annotated[str, StringConstraints(max_length=150)] = ""
    last_name: Annotated[str, StringConstraints(max_length=150)] = ""
    institution: Annotated[str, StringConstraints(max_length=200)] = ""
    department: Annotated[str, StringConstraints(max_length=200)] = ""
    country: Country = ""
    website: Website = ""
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    is_staff: bool = False
    is_superuser: bool = False
    verified: bool = False

    @property
    def names(self) -> list[str]:
        """The handle and the username."""
        return [name for name in (self.id, self.username) if name]


class OrganizationMemberEntry(Entry):
    """Somebody's role in an organization."""

    user: Handle
    role: OrganizationMember.Role


class OrganizationEntry(Entry):
    """A hospital, university, company or society; the owner becomes its editor."""

    id: Handle | None = None
    pk: UUID | None = None
    slug: Slug | None = None
    title: Title
    description: Text = ""
    website: Website = ""
    country: Country = ""
    owner: Handle
    members: Annotated[list[OrganizationMemberEntry], Field(max_length=MOST)] = []


class RequestEntry(Entry):
    """Somebody's wish for access; without a role for the first that can be asked for."""

    user: Handle
    role: Annotated[str, StringConstraints(pattern=r"^[A-Z_]+$", max_length=30)] = ""
    message: Annotated[str, StringConstraints(max_length=1000)] = ""


class AskableEntry(Entry):
    """What can be found by people without access, who then may ask for it."""

    listed: bool = False
    access_mode: AccessMode = AccessMode.MANUAL
    requests: Annotated[list[RequestEntry], Field(max_length=MOST)] = []


class TokenEntry(Entry):
    """An API token whose plain text is known before: 40 or 64 hexadecimal digits."""

    pk: UUID | None = None
    user: Handle
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    plain: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
    access: Token.Access = Token.Access.READ
    areas: Annotated[list[Token.Area], Field(max_length=20)] = []
    expires_at: AwareDatetime | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=36_500)] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.expires_at is not None and self.expires_in_days is not None:
            raise ValueError("Give expires_at or expires_in_days, not both.")
        return self


class SocketEntry(Entry):
    """A typed slot. ``super_kind`` File keeps the JSON values of the kind Anything as files."""

    id: Handle | None = None
    pk: NumberKey | None = None
    slug: Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=100)] | None = (
        None
    )
    title: Title
    description: Text = ""
    kind: KindLabel
    super_kind: SuperKind | None = None
    relative_path: RelativePath
    default_value: Any = None
    json_schema: Annotated[dict[str, Any], Field(alias="schema")] = {}

    @property
    def kind_key(self) -> str:
        """The kind as it is stored."""
        return KIND_KEYS[self.kind]

    @property
    def as_file(self) -> bool:
        """Tell whether values that are JSON are kept as files."""
        return self.super_kind is SuperKind.FILE and (
            KINDS[self.kind_key].super_kind is SuperKind.VALUE
        )

    @property
    def held_as(self) -> SuperKind:
        """How values are held."""
        return SuperKind.FILE if self.as_file else KINDS[self.kind_key].super_kind

    @model_validator(mode="after")
    def _fits(self) -> Self:
        held = KINDS[self.kind_key].super_kind
        if self.super_kind not in (None, held) and not (self.as_file and self.kind_key == "JSON"):
            raise ValueError(f"A {self.kind} is held as {held}.")
        if not self.relative_path and held is not SuperKind.IMAGE:
            raise ValueError("Only sockets of images may have no path.")
        return self


class ImageEntry(Entry):
    """An image made from files (a folder means all files in it) by the portal's importer."""

    id: Handle
    pk: UUID | None = None
    owner: Handle
    name: Title | None = None
    files: Annotated[list[FilePath], Field(min_length=1, max_length=MOST)]
    keep_instances: bool = False


class Value(Entry):
    """What a socket holds, from exactly one source: an image's ``id``, image files that become
    one image, a file, or JSON."""

    pk: NumberKey | None = None
    image: Handle | None = None
    files: Annotated[list[FilePath], Field(min_length=1, max_length=MOST)] | None = None
    file: FilePath | None = None
    value: Any = None

    @property
    def source(self) -> str:
        """The name of what is given."""
        return next(n for n in ("image", "files", "file", "value") if getattr(self, n) is not None)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("image", "files", "file", "value") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError("Give exactly one of image, files, file and value.")
        return self


Values = Annotated[dict[Slug, Value], Field(max_length=100)]


class ItemEntry(Entry):
    """One case of an archive; its title names it there."""

    id: Handle | None = None
    pk: UUID | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=190, strip_whitespace=True)]
    values: Values = {}


class ArchiveMemberEntry(Entry):
    """Somebody's role on an archive."""

    user: Handle
    role: ArchiveMember.Role


class ArchiveEntry(AskableEntry):
    """A set of cases; the owner becomes its editor."""

    id: Handle | None = None
    pk: UUID | None = None
    slug: Slug | None = None
    title: Title
    description: Text = ""
    public: bool = False
    owner: Handle
    members: Annotated[list[ArchiveMemberEntry], Field(max_length=MOST)] = []
    items: Annotated[list[ItemEntry], Field(max_length=MOST)] = []


Version = Literal[1]
