"""How containers are called, as the files that `./test` reads."""

import shlex
from collections.abc import Iterator

from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import Phase
from app.challenges.resources import sample_limits
from app.execution.executors.command_line import CommandLine, command_line, system_calls
from app.execution.services.limits import capped, default_limits

FOLDER = "portal"


def call_entries(phase: Phase) -> Iterator[Entry]:
    """Return the calls of algorithm and evaluation, and the list of system calls."""
    algorithm = command_line(sample_limits(phase))
    yield text_entry(f"{FOLDER}/algorithm.sh", _as_bash(algorithm, gpus=phase.gpus or 0))
    yield from evaluation_call_entries(phase)


def evaluation_call_entries(phase: Phase) -> Iterator[Entry]:
    """Return the call of the evaluation, where the score is, and the list of system calls."""
    evaluation = command_line(capped(default_limits()), ground_truth=True)
    yield text_entry(f"{FOLDER}/evaluation.sh", _as_bash(evaluation, gpus=0))
    facts = f"SCORE_PATH={shlex.quote(phase.score_path)}\n"
    if phase.takes_predictions:
        facts += f"PREDICTIONS_NAME={shlex.quote(phase.predictions_name)}\n"
        facts += f"PREDICTIONS_BYTES={phase.predictions_max_bytes}\n"
    yield text_entry(f"{FOLDER}/phase.sh", facts)
    yield text_entry(f"{FOLDER}/seccomp.json", system_calls())


def _as_bash(call: CommandLine, *, gpus: int) -> str:
    limits = call.limits
    lines = ["# As the portal runs it. Made with the kit; a change here makes the test untrue."]
    for name, words in (("ARGUMENTS", call.arguments), ("ENVIRONMENT", call.environment)):
        lines += [f"{name}=(", *(f"  {shlex.quote(word)}" for word in words), ")"]
    numbers = {
        "CPUS": f"{limits.cpus:g}",
        "GPUS": gpus,
        "TIME_LIMIT": int(limits.wall_clock),
        "LOG_BYTES": limits.log_bytes,
        "OUTPUT_BYTES": limits.output,
        "SCRATCH_BYTES": limits.scratch,
    }
    return "\n".join([*lines, *(f"{name}={value}" for name, value in numbers.items()), ""])
