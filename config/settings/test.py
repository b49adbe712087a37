"""Settings of the tests: real PostgreSQL and Valkey, tasks run when a test says so."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "insecure-key-for-tests-only-" + "0" * 30)
os.environ.setdefault("HOUNSFIELD_HOME", tempfile.mkdtemp(prefix="hounsfield-test-"))

from config.settings.base import *  # noqa: F403
from config.settings.demo import DEMO_PERSONAS  # noqa: F401

DEMO = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
