"""Everything that is in a starter kit, in the order of the zip."""

import json
from collections.abc import Iterator
from itertools import chain

from app.challenges.kit.calls import FOLDER, call_entries
from app.challenges.kit.examples import FILES, algorithm_entries, evaluation_entries
from app.challenges.kit.file_phases import file_kit_entries
from app.challenges.kit.forge import phase_context
from app.challenges.kit.parts import (
    OWN_SOURCE,
    about,
    filled,
    sample_entries,
    source_entries,
    truth_entries,
)
from app.challenges.kit.predictions import prediction_entries
from app.challenges.kit.sample import require_sample
from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import Phase, StarterKit
from app.challenges.resources import resource_facts
from app.execution.staging import serialized_socket
from app.sockets.models import Socket
from app.sockets.schemas import SuperKind
from app.sockets.selectors import schema_of


def kit_entries(kit: StarterKit) -> Iterator[Entry]:
    """Return the files of a kit; all is looked up now, what is in storage is read later.

    Raises `Conflict` when there is no sample that may be given out.
    """
    phase = kit.phase
    if phase.takes_predictions:
        return file_kit_entries(kit)
    cases = require_sample(kit)
    outputs = list(phase.outputs.all())
    made = [
        *_tools(kit),
        *algorithm_entries(phase, folder="example-algorithm"),
        *call_entries(phase),
        *_schemas(phase),
        *sample_entries(cases),
        *chain.from_iterable(
            prediction_entries(case, outputs, folder=f"{FOLDER}/{case.name}") for case in cases
        ),
    ]
    return chain(made, source_entries(kit, example=evaluation_entries), truth_entries(kit))


def _tools(kit: StarterKit) -> Iterator[Entry]:
    for name in ("test", "package"):
        yield text_entry(name, (FILES / name).read_text(), executable=True)
    yield text_entry(f"{FOLDER}/run.sh", (FILES / "run.sh").read_text())
    yield text_entry("README.md", _read_me(kit))
    context = phase_context(kit.phase)
    yield text_entry("phase.json", json.dumps(context, indent=2) + "\n")


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


def _read_me(kit: StarterKit) -> str:
    phase = kit.phase
    limits = [f"- {label}: {words}" for label, words in resource_facts(phase)]
    demo = "the demo's evaluation container (Dice of masks), the example that organizers copy"
    words = {
        "@ABOUT@": about(phase),
        "@EVALUATION@": OWN_SOURCE if kit.source_key else demo,
        "@TRUTH@": ", and their ground truth" if kit.truth_key else "",
        "@LIMITS@": "\n".join(limits),
    }
    return filled((FILES / "README.md").read_text(), words)
