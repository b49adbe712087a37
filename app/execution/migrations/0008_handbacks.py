from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("execution", "0006_queue_order")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="handbacks",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
