from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("execution", "0007_endpoints")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="handbacks",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
