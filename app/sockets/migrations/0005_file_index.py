"""Files of values are looked up by the beginning of their key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sockets", "0004_kinds_and_examples")]

    operations = [
        migrations.AddIndex(
            model_name="socketvalue",
            index=models.Index(
                fields=["file_key"],
                name="socket_value_file_key",
                opclasses=("varchar_pattern_ops",),
            ),
        ),
    ]
