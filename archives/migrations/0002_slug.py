from django.db import migrations, models
from django.utils.text import slugify


def fill(apps, schema_editor):
    model = apps.get_model("archives", "archive")
    taken = set()
    for row in model.objects.order_by("created").iterator():
        base = slugify(row.title)[:190] or "archive"
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        taken.add(slug)
        model.objects.filter(pk=row.pk).update(slug=slug)


class Migration(migrations.Migration):
    dependencies = [("archives", "0001_initial")]

    operations = [
        migrations.AddField("archive", "slug", models.SlugField(max_length=200, null=True, db_index=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("archive", "slug", models.SlugField(max_length=200, unique=True)),
    ]
