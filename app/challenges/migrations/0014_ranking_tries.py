"""How often a ranking was begun that never came to an end."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add two columns."""

    dependencies: ClassVar = [("challenges", "0013_rankings")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="phase",
            name="ranking_tries",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="phase",
            name="ranking_tried_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
