"""The endpoint of an algorithm: which version somebody keeps warm."""

from django.db import models

from algorithms.models.version import AlgorithmVersion
from app.core.models import TimestampedModel
from app.execution.models import Endpoint


class AlgorithmEndpoint(TimestampedModel):
    """Binds an endpoint to the algorithm version whose container it is.

    It belongs to whoever started it. Calls are runs whose job has the endpoint.
    """

    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="algorithm_endpoint"
    )
    version = models.ForeignKey(
        AlgorithmVersion, on_delete=models.PROTECT, related_name="endpoints"
    )

    class Meta:
        ordering = ("-created",)
        verbose_name = "endpoint"

    def __str__(self) -> str:
        return f"{self.version}, kept warm"
