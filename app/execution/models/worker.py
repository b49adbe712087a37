"""The worker: a process that takes tasks, and what it has."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Worker(models.Model):
    """The last sign of life of one worker process."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = ArrayField(models.CharField(max_length=40))
    has_engine = models.BooleanField(default=False)
    engine = models.CharField(max_length=300, blank=True)
    last_seen = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
