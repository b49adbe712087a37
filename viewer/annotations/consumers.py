"""The WebSocket that tells of changed annotations of one display set."""

from typing import Any

from app.accounts.telling import NewsConsumer
from viewer.annotations.desk import desk_for
from viewer.annotations.news import group_of


class AnnotationConsumer(NewsConsumer):
    """Which annotations have changed, among those that the person may see."""

    area = "images"

    def find(self, user: Any, **where: Any) -> tuple[str, dict[str, Any]]:
        """Return the group of hints that the person may hear."""
        desk = desk_for(user, where["source"], where["pk"])
        return group_of(desk), {"annotations": [], "by": ""}
