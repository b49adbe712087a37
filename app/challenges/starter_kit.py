"""A challenge as the public `grand-challenge-forge` wants it described, to make a starter kit of.

The starter kit holds an example algorithm and an example evaluation method for each phase, which
run here without a change.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify

from app.challenges.models import Challenge, Phase
from app.execution.staging import serialized_socket
from app.sockets.models import Socket
from archives.models import Archive


def starter_kit_context(challenge: Challenge) -> dict[str, Any]:
    """Return the context of `grand-challenge-forge pack`; metrics are every method's output."""
    phases = challenge.phases.select_related("archive").prefetch_related("inputs", "outputs")
    described = [_phase(phase, phase.archive) for phase in phases if phase.archive]
    archives = {phase["archive"]["slug"]: phase["archive"] for phase in described}
    return {
        "challenge": {
            "slug": challenge.slug,
            "url": f"{settings.SITE_URL}{reverse('challenges:detail', args=[challenge.pk])}",
            "archives": list(archives.values()),
            "phases": described,
        }
    }


def _phase(phase: Phase, archive: Archive) -> dict[str, Any]:
    interface = {
        "inputs": [_socket(socket) for socket in phase.inputs.all()],
        "outputs": [_socket(socket) for socket in phase.outputs.all()],
    }
    return {
        "slug": slugify(phase.title) or str(phase.pk),
        "title": phase.title,
        "archive": {
            "slug": archive.slug,
            "url": f"{settings.SITE_URL}{reverse('archives:detail', args=[archive.pk])}",
        },
        "algorithm_interfaces": [interface],
        "evaluation_additional_inputs": [],
        "evaluation_additional_outputs": [],
    }


def _socket(socket: Socket) -> dict[str, Any]:
    return serialized_socket(socket) | {"example_value": socket.example_value}
