"""The WebSocket that tells at once when there is news of an evaluation."""

from typing import Any

from app.accounts.telling import NewsConsumer
from app.challenges.progress import evaluation_group
from app.challenges.selectors import get_evaluation_for


class EvaluationConsumer(NewsConsumer):
    """News of one evaluation."""

    area = "challenges"

    def find(self, user: Any, **where: Any) -> tuple[str, dict[str, Any]]:
        """Return the evaluation's group and state."""
        evaluation = get_evaluation_for(user, where["pk"])
        said = {"evaluation": str(evaluation.pk), "state": evaluation.state}
        return evaluation_group(evaluation.pk), said
