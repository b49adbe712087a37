"""The worker: a process that takes tasks, and what it has."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from app.execution.contract import UNTOLD, Capacity


class Worker(models.Model):
    """The last sign of life of one worker process, and what it says it has.

    ``cpus`` and ``memory`` are empty where it did not say; ``gpus`` holds the bytes of every GPU,
    0 for one that is not its own. ``slots`` is how many jobs it takes at a time. ``draining`` is
    an administrator's wish that it takes no more jobs, ``stopping`` its own word that it will
    not. ``hungry`` says that it asked in vain while jobs waited, so that whoever makes room
    nudges it; ``keeps_for`` is a large job that it takes nothing else before.
    """

    name = models.CharField(max_length=200, primary_key=True)
    queues = ArrayField(models.CharField(max_length=40))
    has_engine = models.BooleanField(default=False)
    engine = models.CharField(max_length=300, blank=True)
    executor = models.CharField(max_length=40, blank=True)
    version = models.CharField(max_length=40, blank=True)
    cpus = models.FloatField(null=True, blank=True)
    memory = models.BigIntegerField(null=True, blank=True)
    gpus = ArrayField(models.BigIntegerField(), default=list, blank=True)
    slots = models.PositiveSmallIntegerField(default=1)
    draining = models.BooleanField(default=False)
    stopping = models.BooleanField(default=False)
    hungry = models.BooleanField(default=False)
    keeps_for = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name

    @property
    def capacity(self) -> Capacity:
        """Return what it has when it does nothing."""
        if self.cpus is None or self.memory is None:
            return UNTOLD
        return Capacity(cpus=self.cpus, memory=self.memory, gpus=tuple(self.gpus))

    @property
    def takes_jobs(self) -> bool:
        """Tell whether it may be given another job."""
        return not (self.draining or self.stopping)
