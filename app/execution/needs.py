"""What a job needs of a worker, and what there is, in words for people."""

from app.execution.contract import Capacity, Limits
from app.execution.contract.limits import readable_bytes
from app.execution.models import Job

_SCARCELY = 1e-9  # limits are never nothing


def needed(job: Job, capacity: Capacity) -> Limits:
    """Return what a job takes of a worker with this capacity.

    Processors are a share of time: who asks for more than there are gets all and is slower, so
    that is no reason to wait. Memory and GPUs it would miss.
    """
    return Limits(
        cpus=max(min(job.cpus, capacity.cpus), _SCARCELY),
        memory=max(job.memory, 1),
        gpus=job.gpus,
        gpu_memory=job.gpu_memory,
    )


def needs_words(job: Job) -> str:
    """Return what a job needs that a worker may lack: "2 GPUs of 24 GiB and 8 GiB of memory"."""
    memory = f"{readable_bytes(job.memory)} of memory"
    return f"{_gpus(job.gpus, job.gpu_memory)} and {memory}" if job.gpus else memory


def capacity_words(capacity: Capacity) -> str:
    """Return what a worker has: "1 GPU of 16 GiB and 32 GiB of memory"."""
    gpus = [memory for memory in capacity.gpus if memory]
    parts = [_gpus(gpus.count(memory), memory) for memory in sorted(set(gpus), reverse=True)] or [
        "no GPU"
    ]
    return f"{', '.join(parts)} and {readable_bytes(capacity.memory)} of memory"


def _gpus(count: int, memory: int) -> str:
    words = f"{count} GPU{'' if count == 1 else 's'}"
    return f"{words} of {readable_bytes(memory)}" if memory else words
