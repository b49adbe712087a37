"""One run over a seed file: what was found, made and refused, and what lies in storage for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Model

from algorithms.models import Algorithm
from app.accounts.models import User
from app.accounts.policies import RolePolicy
from app.accounts.services import grant_role
from app.challenges.models import Challenge
from app.core.errors import PortalError, ValidationFailed
from app.core.storage import get_store
from app.people.models import Organization
from app.sockets.models import Socket
from app.uploads.models import UserUpload
from app.uploads.services import adopt_file
from app.web.seeding.places import UnusablePath, file_below
from archives.models import Archive
from reader_studies.models import ReaderStudy

M = TypeVar("M", bound=Model)

NATURAL: Mapping[str, tuple[Any, str]] = {
    "user": (User, "username"),
    "organization": (Organization, "slug"),
    "socket": (Socket, "slug"),
    "archive": (Archive, "slug"),
    "reader study": (ReaderStudy, "slug"),
    "algorithm": (Algorithm, "slug"),
    "challenge": (Challenge, "slug"),
}
"""Kinds that the portal itself has names for."""


class Status(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Outcome:
    """What became of one entry of the file, and why."""

    status: Status
    path: str
    kind: str
    name: str
    pk: str = ""
    detail: str = ""

    def __str__(self) -> str:
        about = f" ({self.detail})" if self.detail else ""
        if self.status is Status.CONFLICT:
            return f"{self.status:9}  {self.path}: {self.detail}"
        return f"{self.status:9}  {self.kind} {self.name}{about}"


class Refused(Exception):
    """An entry that cannot be had as the file says; ``path`` is the place in the file."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(message)


@dataclass
class Run:
    """Knows the objects by their names in the file, and collects outcomes."""

    folder: Path
    say: Callable[[str], None]
    objects: dict[tuple[str, str], Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)

    @contextmanager
    def entry(self, path: str, *, kind: str, name: str) -> Iterator[None]:
        """Do one entry in a savepoint; what refuses it becomes a conflict."""
        try:
            with transaction.atomic():
                yield
        except Refused as error:
            self.note(Status.CONFLICT, error.path, kind, name, detail=error.message)
        except (PortalError, ValidationError, UnusablePath) as error:
            self.note(Status.CONFLICT, path, kind, name, detail=words_of(error))
        except DatabaseError as error:
            words = str(error).strip().splitlines()[0]
            self.note(Status.CONFLICT, path, kind, name, detail=f"It cannot be stored: {words}")

    def note(
        self,
        status: Status,
        path: str,
        kind: str,
        name: str,
        *,
        obj: Model | None = None,
        detail: str = "",
    ) -> None:
        """Remember and tell an outcome."""
        pk = "" if obj is None else str(obj.pk)
        self.outcomes.append(Outcome(status, path, kind, name, pk, detail))
        self.say(str(self.outcomes[-1]))

    def updated(self, path: str, kind: str, name: str, obj: Model, changes: Iterable[str]) -> None:
        """Note what of an object was changed."""
        self.note(Status.UPDATED, path, kind, name, obj=obj, detail=", ".join(changes))

    def know(self, kind: str, names: list[str], obj: Any) -> None:
        """Let the rest of the file refer to ``obj``."""
        for name in names:
            self.objects[kind, name] = obj

    def get(self, kind: str, name: str, *, path: str) -> Any:
        """Return what a reference means: in the file, else in the portal."""
        found = self.objects.get((kind, name))
        if found is None and kind in NATURAL:
            model, column = NATURAL[kind]
            found = model.objects.filter(**{column: name}).first()
        if found is None:
            raise Refused(path, f"The {kind} “{name}” is not there.")
        return found

    def adopt(self, owner: User, given: str) -> UserUpload:
        """Take a file of the seed's folder in as an upload."""
        return self.adopt_path(owner, file_below(self.folder, given))

    def adopt_path(self, owner: User, path: Path) -> UserUpload:
        """Take a local file in as an upload, remembered for the case that all is taken back."""
        upload = adopt_file(owner=owner, path=path)
        self.stored.append(upload.key)
        return upload

    def settle(
        self,
        found: M | None,
        *,
        path: str,
        kind: str,
        name: str,
        make: Callable[[], M],
        change: Callable[..., Any] | None = None,
        wanted: Mapping[str, Any] | None = None,
    ) -> M:
        """Make the object, or change what of it differs from ``wanted``; note which."""
        if found is None:
            made = make()
            self.note(Status.CREATED, path, kind, name, obj=made)
            return made
        wanted = wanted or {}
        changes = {key: value for key, value in wanted.items() if getattr(found, key) != value}
        if changes and change is None:
            first = next(iter(changes))
            raise Refused(f"{path}.{first}", f"The {kind} “{name}” is there with another {first}.")
        if changes and change is not None:
            change(found, **changes)
            self.updated(path, kind, name, found, changes)
        else:
            self.note(Status.UNCHANGED, path, kind, name, obj=found)
        return found

    def give_roles(
        self, policy: RolePolicy[Any], obj: Model, *, entry: Any, owner: User, path: str
    ) -> None:
        """Grant the owner's and the members' roles where they are not held yet."""
        wanted = [(owner, policy.owner_role, f"{path}.owner", True)]
        for number, member in enumerate(entry.members):
            place = f"{path}.members[{number}]"
            user = self.get("user", member.user, path=f"{place}.user")
            if user != owner:
                wanted.append((user, str(member.role.value), place, False))
        for user, role, place, silent in wanted:
            held = policy.role_of(user, obj)
            name = f"{role} for {user.username} on {obj}"
            if held != role:
                grant_role(policy, actor=owner, obj=obj, user=user, role=role)
                status = Status.UPDATED if held else Status.CREATED
                self.note(status, place, "role", name)
            elif not silent:
                self.note(Status.UNCHANGED, place, "role", name)

    def take_back(self) -> None:
        """Delete the bytes of a run that is rolled back."""
        store = get_store()
        for key in self.stored:
            store.delete(key)


def find(
    model: type[M], *, path: str, pk: Any, named: Mapping[str, Any], rename: bool = False
) -> M | None:
    """Return the row by its key, else by its names; refuse where the two disagree.

    With ``rename`` a row found by its key may have another name.
    """
    by_name = model._default_manager.filter(**named).first()
    if pk is None:
        return by_name
    by_key = model._default_manager.filter(pk=pk).first()
    if by_name is not None and by_name.pk != pk:
        raise Refused(f"{path}.pk", f"“{by_name}” is there with the key {by_name.pk}.")
    if by_key is not None and by_name is None and not rename:
        raise Refused(f"{path}.pk", f"The key is taken by “{by_key}”.")
    return by_key


def words_of(error: Exception) -> str:
    """Return an error as one line for people."""
    if isinstance(error, ValidationFailed) and error.fields:
        fields: Mapping[str, list[str]] = error.fields
    elif isinstance(error, ValidationError):
        fields = getattr(error, "message_dict", None) or {"": error.messages}
    else:
        return getattr(error, "message", "") or str(error)
    return " ".join(
        f"{name}: {' '.join(words)}".removeprefix(": ") for name, words in fields.items()
    )
