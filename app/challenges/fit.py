"""Whether an algorithm fits a phase: the interface to run, and the resources it needs."""

from algorithms.models import Algorithm, AlgorithmInterface
from algorithms.selectors import interfaces_of
from app.challenges.models import Phase
from app.challenges.resources import excess
from app.core.errors import ValidationFailed
from app.sockets.models import Socket


def fitting_interface(phase: Phase, algorithm: Algorithm) -> AlgorithmInterface:
    """Return the first interface that takes what the phase gives and gives what it wants.

    Raises `ValidationFailed` with what the interface that comes nearest lacks.
    """
    given, wanted = list(phase.inputs.all()), list(phase.outputs.all())
    problems: list[str] = []
    for interface in interfaces_of(algorithm):
        problem = _misfit(interface, given=given, wanted=wanted)
        if not problem:
            return interface
        problems.append(problem)
    raise ValidationFailed(fields={"algorithm": [min(problems, key=len)]})


def require_resources(phase: Phase, algorithm: Algorithm) -> None:
    """Raise `ValidationFailed` if the algorithm needs more than the phase gives."""
    found = excess(phase, algorithm)
    if found:
        raise ValidationFailed(fields={"algorithm": [f"It needs {'; '.join(found)}."]})


def _misfit(interface: AlgorithmInterface, *, given: list[Socket], wanted: list[Socket]) -> str:
    offered = set(interface.outputs.all())
    missing = ", ".join(socket.title for socket in wanted if socket not in offered)
    if missing:
        return f"This phase wants the output {missing}, which it does not give."
    lacking = ", ".join(s.title for s in interface.inputs.all() if not _is_given(s, given))
    if lacking:
        return f"It needs the input {lacking}, which this phase does not give."
    return ""


def _is_given(socket: Socket, given: list[Socket]) -> bool:
    """Tell whether the phase's cases fill the socket: by itself, or image for image."""
    return socket in given or (socket.kind == "IMG" and any(s.kind == "IMG" for s in given))
