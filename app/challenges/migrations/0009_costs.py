"""What an evaluation cost, counted once when it is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("challenges", "0008_registration")]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="cpu_seconds",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="gpu_seconds",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="evaluation",
            index=models.Index(
                condition=models.Q(cpu_seconds__isnull=True, finished_at__isnull=False),
                fields=["finished_at"],
                name="evaluation_cost_uncounted",
            ),
        ),
    ]
