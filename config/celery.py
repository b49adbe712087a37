"""The Celery application; its settings are read when it is first used."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.default")

app = Celery("hounsfield")
app.config_from_object("config.settings.queues")
app.autodiscover_tasks()
