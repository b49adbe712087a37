"""When a batch was done."""

from typing import Any

from django.db import migrations, models
from django.db.models import F, Q


def note_those_done(apps: Any, schema_editor: Any) -> None:
    """Nobody is told now of a batch that was done long ago; what still runs is told at its end."""
    running = Q(state="STARTED", run__job__finished_at=None)
    under_way = apps.get_model("algorithms", "BatchCase").objects.filter(
        running | Q(state="WAITING")
    )
    batches = apps.get_model("algorithms", "RunBatch").objects
    batches.exclude(pk__in=under_way.values("batch")).update(finished_at=F("modified"))


class Migration(migrations.Migration):
    """Adds it."""

    dependencies = [("algorithms", "0006_hanging")]

    operations = [
        migrations.AddField(
            model_name="runbatch",
            name="finished_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(note_those_done, migrations.RunPython.noop),
    ]
