"""The case of an evaluation as the viewer shows it: prediction over image, beside a reference."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse

from app.challenges.models import EvaluationCase
from app.challenges.selectors import get_evaluation_for
from app.core.errors import NotFound
from app.images.models import Image
from app.sockets.models import SocketValue
from viewer.layers import layers_of, sockets_of
from viewer.registry import DisplaySetSource, DisplaySetView, Layer


class EvaluationCaseSource(DisplaySetSource):
    """Shows organizers a hidden case with what the submitted algorithm made of it.

    Of the case only the images that they may see anyway; where the case holds a value for a
    socket that the phase asks for, that is the reference and says so.
    """

    key = "evaluation-case"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for whoever does not organize."""
        case = EvaluationCase.objects.select_related("item").filter(pk=pk).first()
        if case is None:
            raise NotFound
        evaluation = get_evaluation_for(user, case.evaluation_id, action="inspect")
        given, made = _given(user, case), _made(case)
        layers = _layers(given, made)
        if not any(layer.role == "image" for layer in layers):
            raise NotFound("This case holds no image that you may view.")
        values = [*given, *made]
        return DisplaySetView(
            title=f"{evaluation.submission.title} · {case.item.title}",
            layers=layers,
            back_url=reverse("challenges:case", args=[evaluation.pk, case.order]),
            sockets=sockets_of(values),
            viewable=evaluation.submission.phase,
            values=tuple(value.pk for value in values),
        )


def has_picture(user: Any, case: EvaluationCase) -> bool:
    """Tell whether the viewer has an image to show below what was predicted."""
    return any(layer.role == "image" for layer in _layers(_given(user, case), _made(case)))


def _layers(given: list[SocketValue], made: list[SocketValue]) -> tuple[Layer, ...]:
    asked = {value.socket_id for value in made}
    references = {value.image_id for value in given if value.socket_id in asked}
    named = [
        replace(layer, name=f"{layer.name} (reference)") if layer.image_id in references else layer
        for layer in layers_of(given)
    ]
    return tuple(sorted([*named, *layers_of(made)], key=lambda one: one.role == "overlay"))


def _given(user: Any, case: EvaluationCase) -> list[SocketValue]:
    visible = Image.objects.visible_to(user).values("pk")
    values = case.item.values.filter(image__in=visible)
    return list(values.select_related("socket", "image").order_by("socket__title", "pk"))


def _made(case: EvaluationCase) -> list[SocketValue]:
    if case.job is None:
        return []
    return list(case.job.outputs.filter(image__isnull=False).select_related("socket", "image"))
