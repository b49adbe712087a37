"""Container images, jobs and workers."""

from app.execution.models.container_image import ContainerImage
from app.execution.models.incoming import IncomingOutput
from app.execution.models.job import Job
from app.execution.models.worker import Worker

__all__ = ["ContainerImage", "IncomingOutput", "Job", "Worker"]
