"""Container images, model weights, jobs, endpoints and workers."""

from app.execution.models.container_image import ContainerImage
from app.execution.models.endpoint import Endpoint
from app.execution.models.incoming import IncomingOutput
from app.execution.models.job import Job
from app.execution.models.model_weights import ModelWeights
from app.execution.models.worker import Worker

__all__ = ["ContainerImage", "Endpoint", "IncomingOutput", "Job", "ModelWeights", "Worker"]
