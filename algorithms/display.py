"""Runs as the viewer shows them: inputs with the outputs over them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse

from algorithms.policies import ALGORITHMS
from algorithms.selectors import get_run_for, inputs_for_eyes_of
from app.core.errors import NotFound
from app.sockets.models import SocketValue
from viewer.layers import layers_of, sockets_of
from viewer.registry import DisplaySetSource, DisplaySetView


def has_image(values: Iterable[SocketValue]) -> bool:
    """Tell whether the viewer can show these values: an overlay needs an image below it."""
    return any(layer.role == "image" for layer in layers_of(values))


class RunSource(DisplaySetSource):
    """Shows a run: its input image, and what the algorithm found as an overlay."""

    key = "run"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for a stranger."""
        run = get_run_for(user, pk)
        outputs = run.job.outputs.select_related("socket")
        values = [*inputs_for_eyes_of(user, run), *outputs]
        layers = layers_of(values)
        if not has_image(values):
            raise NotFound("This run holds no image that you may view.")
        return DisplaySetView(
            title=f"{run.version.algorithm.title} · {run.title}",
            layers=layers,
            back_url=reverse("algorithms:run", args=[run.pk]),
            sockets=sockets_of(values),
            viewable=run.version.algorithm,
            others="see" if ALGORITHMS.allows(user, run.version.algorithm, "change") else "none",
            values=tuple(value.pk for value in values),
        )
