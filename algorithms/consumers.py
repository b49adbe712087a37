"""WebSockets that tell at once when there is news of a run, or of an endpoint and its calls."""

from typing import Any

from algorithms.selectors import get_endpoint_for, get_run_for
from app.accounts.telling import NewsConsumer
from app.execution.pushes import endpoint_group, run_group


class RunConsumer(NewsConsumer):
    """News of one run."""

    area = "algorithms"

    def find(self, user: Any, **where: Any) -> tuple[str, dict[str, Any]]:
        """Return the run's group and state."""
        job = get_run_for(user, where["pk"]).job
        return run_group(job.pk), {"run": str(job.pk), "state": job.state}


class EndpointConsumer(NewsConsumer):
    """News of one endpoint and of all its calls."""

    area = "algorithms"

    def find(self, user: Any, **where: Any) -> tuple[str, dict[str, Any]]:
        """Return the endpoint's group and state."""
        endpoint = get_endpoint_for(user, where["pk"]).endpoint
        return endpoint_group(endpoint.pk), {"state": endpoint.state}
