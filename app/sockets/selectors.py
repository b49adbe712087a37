"""Reading sockets."""

from app.sockets.models import Socket
from app.sockets.services import ensure_socket


def medical_image_socket() -> Socket:
    """Return the socket of images that came without a meaning of their own."""
    return ensure_socket(
        slug="medical-image",
        title="Medical image",
        kind="IMG",
        relative_path="images/medical-image",
    )


def segmentation_socket() -> Socket:
    """Return the general segmentation socket."""
    return ensure_socket(
        slug="segmentation",
        title="Segmentation",
        kind="SEG",
        relative_path="images/segmentation",
        segments=[{"value": 1, "name": "Segment 1", "color": "#ff9f1c"}],
    )


def metrics_socket() -> Socket:
    """Return the socket of an evaluation's metrics."""
    return ensure_socket(
        slug="metrics-json-file", title="Metrics", kind="JSON", relative_path="metrics.json"
    )
