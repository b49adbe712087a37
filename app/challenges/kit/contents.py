"""Everything that is in a starter kit, in the order of the zip."""

import json
from collections.abc import Iterator
from itertools import chain

from django.conf import settings
from django.urls import reverse

from app.challenges.kit.calls import FOLDER, call_entries
from app.challenges.kit.examples import FILES, algorithm_entries, evaluation_entries
from app.challenges.kit.forge import phase_context
from app.challenges.kit.predictions import prediction_entries
from app.challenges.kit.sample import SampleCase, require_sample
from app.challenges.kit.tars import unpacked
from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import Phase, StarterKit
from app.challenges.resources import resource_facts
from app.core.storage import get_store
from app.execution.staging import PlacedFile, serialized_socket, serialized_value
from app.sockets.models import Socket
from app.sockets.schemas import SuperKind
from app.sockets.selectors import schema_of

_CHUNK = 2**20


def kit_entries(kit: StarterKit) -> Iterator[Entry]:
    """Return the files of a kit; all is looked up now, what is in storage is read later.

    Raises `Conflict` when there is no sample that may be given out.
    """
    phase = kit.phase
    cases = require_sample(kit)
    outputs = list(phase.outputs.all())
    made = [
        *_tools(kit),
        *algorithm_entries(phase, folder="example-algorithm"),
        *call_entries(phase),
        *_schemas(phase),
        *_sample(cases),
        *chain.from_iterable(
            prediction_entries(case, outputs, folder=f"{FOLDER}/{case.name}") for case in cases
        ),
    ]
    return chain(made, _evaluation(kit), _truth(kit))


def _tools(kit: StarterKit) -> Iterator[Entry]:
    for name in ("test", "package"):
        yield text_entry(name, (FILES / name).read_text(), executable=True)
    yield text_entry(f"{FOLDER}/run.sh", (FILES / "run.sh").read_text())
    yield text_entry("README.md", _read_me(kit))
    context = phase_context(kit.phase)
    yield text_entry("phase.json", json.dumps(context, indent=2) + "\n")


def _evaluation(kit: StarterKit) -> Iterator[Entry]:
    if kit.source_key:
        return unpacked(kit.source_key, folder="evaluation")
    return evaluation_entries(folder="evaluation")


def _truth(kit: StarterKit) -> Iterator[Entry]:
    if kit.truth_key:
        yield from unpacked(kit.truth_key, folder="sample/ground_truth")


def _schemas(phase: Phase) -> Iterator[Entry]:
    for folder, sockets in (("inputs", phase.inputs.all()), ("outputs", phase.outputs.all())):
        for socket in sockets:
            text = json.dumps(_schema(socket), indent=2) + "\n"
            yield text_entry(f"schemas/{folder}/{socket.slug}.json", text)


def _schema(socket: Socket) -> dict[str, object]:
    is_json = socket.socket_kind.super_kind is SuperKind.VALUE
    return {
        "socket": serialized_socket(socket),
        "schema": schema_of(socket) if is_json else None,
        "example": socket.example,
    }


def _sample(cases: list[SampleCase]) -> Iterator[Entry]:
    for case in cases:
        folder = f"sample/{case.name}/input"
        listing = json.dumps([serialized_value(value) for value in case.values])
        yield text_entry(f"{folder}/inputs.json", listing)
        for file in case.files:
            yield _stored(file, f"{folder}/{file.relative_path}")


def _stored(file: PlacedFile, path: str) -> Entry:
    if not file.key:
        return Entry(path, lambda: [file.content])
    return Entry(
        path,
        lambda: get_store().iter_range(file.key, start=0, length=file.size),
        dense=path.endswith(".mha"),
    )


def _read_me(kit: StarterKit) -> str:
    phase = kit.phase
    address = f"{settings.SITE_URL}{reverse('challenges:phase', args=[phase.pk])}"
    limits = [f"- {label}: {words}" for label, words in resource_facts(phase)]
    own = "the source of the organizers' evaluation container"
    demo = "the demo's evaluation container (Dice of masks), the example that organizers copy"
    words = {
        "@ABOUT@": f"For “{_line(phase.title)}” of “{_line(phase.challenge.title)}”: {address}",
        "@EVALUATION@": own if kit.source_key else demo,
        "@TRUTH@": ", and their ground truth" if kit.truth_key else "",
        "@LIMITS@": "\n".join(limits),
    }
    text = (FILES / "README.md").read_text()
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _line(text: str) -> str:
    """Return a stranger's title as words of one line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
