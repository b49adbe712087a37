"""How far a run is and what it uses, in words and as a small chart, read from its job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from app.design.units import duration_words, memory_words
from app.execution.contract import Limits
from app.execution.models import Job
from app.execution.services import job_limits

WIDTH, HEIGHT = 300, 80
State = Job.State
_WORDS = (
    (State.VALIDATING_INPUTS, "Checking inputs"),
    (State.QUEUED, "Waiting for its turn"),
    (State.PROVISIONING, "Preparing the container"),
    (State.EXECUTING, "Running"),
    (State.PARSING, "Reading results"),
)
_ORDER = [state for state, _ in _WORDS]


@dataclass(frozen=True)
class Step:
    """One stage as people see it: ``state`` is done, current, ahead or missed."""

    label: str
    state: str
    moment: datetime | None = None


@dataclass(frozen=True)
class Curve:
    """One line of the chart: where it goes, and what it says."""

    name: str
    points: str
    words: str


@dataclass(frozen=True)
class Usage:
    """What a run used over its time; ``seconds`` is how far the chart reaches."""

    processor: Curve
    memory: Curve
    seconds: float


def steps_of(job: Job) -> list[Step]:
    """Return the stages of a job in order, with the moments that are known."""
    reached = _reached(job)
    steps = []
    for place, (state, label) in enumerate(_WORDS):
        moment = {State.VALIDATING_INPUTS: job.created, State.PROVISIONING: job.started_at}
        if place < reached:
            how = "done"
        elif place == reached and not job.is_finished:
            how = "current"
        elif place == reached and (job.started_at is not None or _lacked_inputs(job)):
            how = "failed"
        else:
            how = "missed" if job.is_finished else "ahead"
        steps.append(Step(label, how, moment.get(state)))
    last = job.get_state_display() if job.is_finished else "Done"
    end = ("done" if job.state == State.SUCCEEDED else "failed") if job.is_finished else "ahead"
    return [*steps, Step(last, end, job.finished_at)]


def spoken(job: Job, *, place: int | None) -> str:
    """Return the state in one sentence for screen readers; it changes seldom."""
    if job.is_finished:
        return f"The run has ended: {job.get_state_display()}."
    where = f", place {place}" if place else ""
    return f"{dict(_WORDS)[State(job.state)]}{where}."


def elapsed(job: Job) -> timedelta | None:
    """Return how long a job has been at work, or was; ``None`` before it began."""
    if job.started_at is None:
        return None
    return (job.finished_at or timezone.now()) - job.started_at


def took(job: Job) -> timedelta | None:
    """Return how long a job took that has ended: by its own clock where it kept one.

    A warm container answers in less time than it takes to write down that it was asked.
    """
    if not job.is_finished:
        return None
    timings = job.record.get("timings") or {} if job.is_warm else {}
    seconds = timings.get("executing")
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) else elapsed(job)


def log_position(given: str) -> int:
    """Return a position in a log as an address gives it; nonsense is the beginning."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0


def usage_of(job: Job) -> Usage | None:
    """Return the chart of a job's processor time and memory, once there are two samples."""
    samples = [sample for sample in job.usage if len(sample) == 3]
    if len(samples) < 2:
        return None
    limits = job_limits(job)
    seconds = max(float(samples[-1][0]), 1.0)
    times = [float(sample[0]) / seconds for sample in samples]
    processor = [float(sample[1]) for sample in samples]
    memory = [float(sample[2]) for sample in samples]
    return Usage(
        processor=Curve(
            "Processor", _points(times, processor), _processor_words(processor, limits)
        ),
        memory=Curve(
            "Memory",
            _points(times, [value / max(limits.memory, 1) for value in memory]),
            f"now {memory_words(int(memory[-1]))}, at most {memory_words(int(max(memory)))} "
            f"of {memory_words(limits.memory)}",
        ),
        seconds=seconds,
    )


def limits_in_words(job: Job) -> list[tuple[str, str]]:
    """Return what a job may use."""
    limits = job_limits(job)
    found = [
        ("Time", duration_words(limits.wall_clock)),
        ("Memory", memory_words(limits.memory)),
        ("Processors", f"{limits.cpus:g}"),
    ]
    return found + ([("GPUs", str(limits.gpus))] if limits.gpus else [])


def _processor_words(fractions: Sequence[float], limits: Limits) -> str:
    return f"now {fractions[-1]:.0%}, at most {max(fractions):.0%} of {limits.cpus:g} processors"


def _points(times: Sequence[float], fractions: Sequence[float]) -> str:
    """Return a polyline; what is above the limit stays at the top."""
    return " ".join(
        f"{time * WIDTH:.1f},{HEIGHT - min(max(fraction, 0.0), 1.0) * HEIGHT:.1f}"
        for time, fraction in zip(times, fractions, strict=True)
    )


def _reached(job: Job) -> int:
    """Return the place of the stage that a job is at, or got to before it ended."""
    if job.state == State.SUCCEEDED:
        return len(_ORDER)
    if job.state in _ORDER:
        return _ORDER.index(State(job.state))
    if job.started_at is None:
        return 0 if _lacked_inputs(job) else 1
    return _ORDER.index(State.EXECUTING) + (job.reason_code == "output")


def _lacked_inputs(job: Job) -> bool:
    """Tell whether a job ended because its inputs never came together."""
    return job.started_at is None and job.reason_code == "input"
