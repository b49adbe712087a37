"""What people are told about container images."""

from app.notifications.kinds import register_kind

CONTAINER_CHECKED = "execution.container_image.checked"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(
        CONTAINER_CHECKED,
        "Container images checked",
        "A container image that you uploaded is ready, or was refused.",
    )
