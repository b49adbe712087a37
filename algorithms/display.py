"""Runs as the viewer shows them: inputs with the outputs over them."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from algorithms.selectors import get_run_for, inputs_for_eyes_of
from app.core.errors import NotFound
from viewer.layers import layers_of
from viewer.registry import DisplaySetView


class RunSource:
    """Shows a run: its input image, and what the algorithm found as an overlay."""

    key = "run"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for a stranger."""
        run = get_run_for(user, pk)
        outputs = run.job.outputs.select_related("socket")
        layers = layers_of([*inputs_for_eyes_of(user, run), *outputs])
        if not any(layer.role == "image" for layer in layers):
            raise NotFound("This run holds no image that you may view.")
        return DisplaySetView(
            title=f"{run.version.algorithm.title} · {run.title}",
            layers=layers,
            back_url=reverse("algorithms:run", args=[run.pk]),
        )
