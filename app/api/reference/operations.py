"""Areas, operations, parameters and replies, read from an OpenAPI document (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.api.reference.examples import curl, example
from app.api.reference.fields import Field, Schema, Shapes

_METHODS = ("get", "post", "put", "patch", "delete")
AREAS = {
    "archives": ("Archives", "Curated sets of cases."),
    "images": ("Images", "Images, their files, and imports on their way."),
    "uploads": ("Uploads", "Files that come in, in parts."),
    "sockets": ("Sockets", "The typed slots that values belong to."),
    "reader-studies": ("Reader studies", "Studies, questions, display sets and answers."),
    "algorithms": ("Algorithms", "Algorithms, their container images, and jobs."),
    "challenges": ("Challenges", "Challenges, phases, submissions, evaluations, leaderboards."),
    "account": ("Account", "The own profile, inbox and sessions."),
    "general": ("General", "What needs no account."),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address; ``place`` is ``path`` or ``query``."""

    name: str
    place: str
    kind: str
    says: str
    required: bool


@dataclass(frozen=True)
class Reply:
    """One way an operation answers."""

    status: str
    says: str
    media_type: str
    fields: tuple[Field, ...]
    example: Any


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    key: str
    method: str
    path: str
    area: str
    says: str
    parameters: tuple[Parameter, ...]
    body: tuple[Field, ...]
    body_example: Any
    replies: tuple[Reply, ...]

    @property
    def summary(self) -> str:
        """The first sentence of what it does."""
        return self.says.partition("\n")[0]

    @property
    def title(self) -> str:
        """The first sentence as a heading."""
        return self.summary.replace("``", "").rstrip(".")

    @property
    def can_be_tried(self) -> bool:
        """Whether a link is enough to send it, and its answer ends."""
        return self.method == "GET" and not self.path.endswith("/stream/")

    def matches(self, words: list[str]) -> bool:
        """Whether every word stands somewhere in the method, the address or the description."""
        text = f"{self.method} {self.path} {self.area} {self.says}".lower()
        return all(word in text for word in words)

    def command(self, root: str) -> str:
        """Return the request as a curl command against the site at ``root``."""
        names = [one.name for one in self.parameters if one.place == "path"]
        return curl(self.method, self.path, root=root, names=names, body=self.body_example)


@dataclass(frozen=True)
class Area:
    """Operations that belong together: what one area of a token reaches."""

    key: str
    title: str
    says: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Reference:
    """The whole API."""

    operations: Mapping[str, Operation]

    def areas(self, query: str = "") -> list[Area]:
        """Return the areas with the operations that match a search; empty areas are left out."""
        words = query.lower().split()
        found = [one for one in self.operations.values() if one.matches(words)]
        keys = [*AREAS, *sorted({one.area for one in found} - set(AREAS))]
        areas = []
        for key in keys:
            title, says = AREAS.get(key, (key.replace("-", " ").capitalize(), ""))
            inside = tuple(one for one in found if one.area == key)
            if inside:
                areas.append(Area(key=key, title=title, says=says, operations=inside))
        return areas


def read_schema(document: Schema) -> Reference:
    """Return the reference of an OpenAPI document."""
    shapes = Shapes(document.get("components", {}).get("schemas", {}))
    found = [
        _operation(shapes, path, method, item[method])
        for path, item in sorted(document["paths"].items())
        for method in _METHODS
        if method in item
    ]
    return Reference({one.key: one for one in found})


def _operation(shapes: Shapes, path: str, method: str, said: Schema) -> Operation:
    body = _content(said.get("requestBody", {}))[1]
    return Operation(
        key=said["operationId"],
        method=method.upper(),
        path=path,
        area=said.get("tags", ["general"])[0],
        says=said.get("description", ""),
        parameters=tuple(_parameter(shapes, one) for one in said.get("parameters", ())),
        body=tuple(shapes.fields(body)) if body else (),
        body_example=example(shapes, body, needed=True) if body else None,
        replies=tuple(
            _reply(shapes, status, one) for status, one in sorted(said["responses"].items())
        ),
    )


def _parameter(shapes: Shapes, said: Schema) -> Parameter:
    return Parameter(
        name=said["name"],
        place=said["in"],
        kind=shapes.kind(said.get("schema", {})),
        says=said.get("description", ""),
        required=bool(said.get("required")),
    )


def _reply(shapes: Shapes, status: str, said: Schema) -> Reply:
    media_type, shape = _content(said)
    return Reply(
        status="Otherwise" if status == "default" else status,
        says=said.get("description", ""),
        media_type=media_type,
        fields=tuple(shapes.fields(shape)) if shape else (),
        example=example(shapes, shape) if shape else None,
    )


def _content(said: Schema) -> tuple[str, Schema | None]:
    for media_type, content in said.get("content", {}).items():
        return media_type, content.get("schema")
    return "", None
