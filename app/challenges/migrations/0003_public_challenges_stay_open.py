"""Everybody could join a public challenge, and still can."""

from typing import Any

from django.db import migrations


def keep_open(apps: Any, schema_editor: Any) -> None:
    """Let the mode say what being public meant until now."""
    apps.get_model("challenges", "Challenge").objects.filter(public=True).update(
        access_mode="AUTOMATIC"
    )


class Migration(migrations.Migration):
    dependencies = [("challenges", "0002_access_requests")]

    operations = [migrations.RunPython(keep_open, migrations.RunPython.noop)]
