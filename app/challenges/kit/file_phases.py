"""The kit of a phase that takes files with predictions: no algorithm, and a file to `./test`."""

import json
from collections.abc import Iterator
from itertools import chain

from app.challenges.kit.calls import FOLDER, evaluation_call_entries
from app.challenges.kit.examples import FILES, file_evaluation_entries
from app.challenges.kit.forge import phase_context
from app.challenges.kit.parts import (
    OWN_SOURCE,
    about,
    filled,
    sample_entries,
    source_entries,
    truth_entries,
)
from app.challenges.kit.sample import require_sample
from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import StarterKit


def file_kit_entries(kit: StarterKit) -> Iterator[Entry]:
    """Return the files of a kit; sample cases are in it where the organizers chose some."""
    phase = kit.phase
    cases = require_sample(kit) if kit.archive else []
    made = [
        text_entry("test", (FILES / "test-predictions").read_text(), executable=True),
        text_entry(f"{FOLDER}/run.sh", (FILES / "run.sh").read_text()),
        text_entry("README.md", _read_me(kit)),
        text_entry("phase.json", _json(phase_context(phase))),
        *evaluation_call_entries(phase),
        *sample_entries(cases),
    ]
    if phase.predictions_schema is not None:
        made.append(text_entry("schema.json", _json(phase.predictions_schema)))
    return chain(made, source_entries(kit, example=file_evaluation_entries), truth_entries(kit))


def _read_me(kit: StarterKit) -> str:
    phase = kit.phase
    example = "an example that organizers copy: area under the curve of probabilities"
    words = {
        "@ABOUT@": about(phase),
        "@EVALUATION@": OWN_SOURCE if kit.source_key else example,
        "@NAME@": phase.predictions_name,
        "@FORM@": phase.get_predictions_form_display(),
        "@MOST@": str(phase.predictions_max_mb),
    }
    return filled((FILES / "README-predictions.md").read_text(), words)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
