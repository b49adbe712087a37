"""Settings that every deployment shares; the overlays beside this file add little."""

from pathlib import Path
from typing import Any

import django_stubs_ext

from app.core.storage import django_storages
from app.notifications.transport import default_sender, parse_email_url
from config.settings.database import database
from config.settings.environment import Environment
from config.settings.security import content_security_policy
from config.settings.sign_in import APPS as SIGN_IN_APPS
from config.settings.sign_in import account_settings, sign_on_origins

django_stubs_ext.monkeypatch()  # lets generic Django classes be written with their types

ENV = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
HOUNSFIELD_HOME = ENV.hounsfield_home

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
SITE_URL = ENV.address
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    SITE_URL.split("//", 1)[1].split("/")[0].rsplit(":", 1)[0],
    *[name.strip() for name in ENV.allowed_hosts.split(",") if name.strip()],
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "app.core",
    "app.design",
    "app.accounts",
    *SIGN_IN_APPS,
    "app.audit",
    "app.notifications",
    "app.requests",
    "app.uploads",
    "app.delivery",
    "app.people",
    "app.images",
    "app.sockets",
    "app.execution",
    "viewer",
    "archives",
    "algorithms",
    "reader_studies",
    "app.challenges",
    "app.web",
    "app.api",
]

MIDDLEWARE = [
    "app.core.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "app.accounts.sessions.PersonMiddleware",
    "app.core.middleware.RequestContextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "app.accounts.sessions.SessionActivityMiddleware",
    "app.accounts.second_factor.SecondFactorMiddleware",
    "app.core.middleware.PortalErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "app.notifications.context.unread",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES = {"default": database(ENV.database_url, pool=ENV.database_pool)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGE_URL = ENV.storage_url or (HOUNSFIELD_HOME / "media").as_uri()
STORAGES = {
    **django_storages(STORAGE_URL),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = HOUNSFIELD_HOME / "static"
FRONTEND_BUILD = BASE_DIR / "build" / "frontend"
STATICFILES_DIRS = [FRONTEND_BUILD] if FRONTEND_BUILD.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Vite names files after their content: a browser keeps them and asks no more whether they changed.
WHITENOISE_IMMUTABLE_FILE_TEST = rf"^{STATIC_URL}assets/[^/]+-[\w-]{{8}}\.\w+$"

AUTH_USER_MODEL = "accounts.User"
globals().update(account_settings(ENV))
TRUSTED_PROXIES = ENV.trusted_proxies
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
SESSION_ENGINE = "app.accounts.session_store"
SESSION_COOKIE_NAME = "hounsfield_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "hounsfield_csrf"
CONTENT_SECURITY_POLICY = content_security_policy(
    site_url=SITE_URL,
    storage_url=STORAGE_URL,
    delivery_domain=ENV.delivery_domain,
    sign_on=sign_on_origins(ENV),
    viewers=[server.origin for server in ENV.viewer_servers],
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "app.web.views.errors.csrf_failure"

DELIVERY_DOMAIN = ENV.delivery_domain
DELIVERY_KEY_ID = ENV.delivery_key_id
DELIVERY_PRIVATE_KEY_FILE = ENV.delivery_private_key_file
DELIVERY_ACCEL_PREFIX = ENV.delivery_accel_prefix
VIEWER_CACHE_BYTES = ENV.viewer_cache_mb * 2**20
VIEWER_DISK_CACHE_BYTES = ENV.viewer_disk_cache_mb * 2**20
VIEWER_SOCKETS = ENV.viewer_sockets
VIEWER_SOCKETS_PER_PERSON = ENV.viewer_sockets_per_person
UPLOAD_QUOTA_BYTES = ENV.upload_quota_gb * 2**30
UPLOAD_QUOTA_UNVERIFIED_BYTES = ENV.upload_quota_unverified_gb * 2**30
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

DOCKER_HOST = ENV.docker_host
CONTAINER_RUNTIME = ENV.container_runtime
IS_WORKER = False
WORKER_TOKEN = ENV.worker_token
WORKER_GRACE_SECONDS = ENV.worker_grace_seconds
WORKER_CPUS = ENV.worker_cpus
WORKER_MEMORY_BYTES = ENV.worker_memory_mb * 2**20
WORKER_GPUS = ENV.gpus_of_worker
LEASE_SECONDS = ENV.lease_seconds
RECONCILE_SECONDS = ENV.reconcile_seconds
VISIBILITY_SECONDS = ENV.visibility_seconds
JOB_CPUS = ENV.job_cpus
JOB_MEMORY_BYTES = ENV.job_memory_mb * 2**20
JOB_TIME_LIMIT = ENV.job_time_limit
RUN_CREDITS_PER_MONTH = ENV.run_credits_per_month
RUN_COMPLIMENTARY = ENV.run_complimentary
RUNS_PER_PERSON = ENV.runs_per_person
RUNS_PER_ALGORITHM = ENV.runs_per_algorithm
JOB_MAX_CPUS = ENV.job_max_cpus
JOB_MAX_MEMORY_BYTES = ENV.job_max_memory_mb * 2**20
JOB_MAX_TIME_LIMIT = ENV.job_max_time_limit
JOB_MAX_GPUS = ENV.job_max_gpus
JOB_MAX_WRITABLE_ROOT_BYTES = ENV.job_max_writable_root_mb * 2**20
WARM_IDLE_SECONDS = ENV.warm_idle_seconds
WARM_MOST_CASES = ENV.warm_most_cases
ENDPOINTS_PER_PERSON = ENV.endpoints_per_person
ENDPOINT_IDLE_SECONDS = ENV.endpoint_idle_seconds
ENDPOINT_LONGEST_SECONDS = ENV.endpoint_longest_seconds
CONTAINER_KEEP_REFUSED_DAYS = ENV.container_keep_refused_days
CONTAINER_KEEP_UNUSED_DAYS = ENV.container_keep_unused_days

VIEWER_SERVERS = ENV.viewer_servers
VIEWER_SERVER_NAME = ENV.viewer_server_name
VIEWER_SERVER_TOKEN = ENV.viewer_server_token
VIEWER_IS_REMOTE = False
VIEWER_IDLE_SECONDS = ENV.viewer_idle_seconds
VIEWER_LONGEST_SECONDS = ENV.viewer_longest_seconds

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [ENV.channel_layer_url or ENV.broker_url or "redis://127.0.0.1:6379/0"]
        },
    }
}

_CACHE = ENV.channel_layer_url or ENV.broker_url
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _CACHE}
    if _CACHE.startswith(("redis://", "rediss://", "unix://"))
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "app.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "app.accounts.authentication.TokenScope",
    ],
    "DEFAULT_SCHEMA_CLASS": "app.core.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["app.core.api.parsers.BoundedJSON"],
    "DEFAULT_PAGINATION_CLASS": "app.core.api.paging.Paging",
    "DEFAULT_FILTER_BACKENDS": [
        "app.core.api.filters.QueryFilters",
        "app.core.api.filters.Ordering",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["app.accounts.authentication.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {"caller": "6000/min"},
    "NUM_PROXIES": 0,  # the address is the right one by then
    "EXCEPTION_HANDLER": "app.core.api.errors.exception_handler",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Hounsfield",
    "DESCRIPTION": "Archives, images, reader studies, algorithms and challenges over HTTP.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SCHEMA_COERCE_PATH_PK": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "AUTHENTICATION_WHITELIST": ["app.accounts.authentication.TokenAuthentication"],
}

EMAIL_BACKEND = "app.notifications.mail.QueuedBackend"
EMAIL_URL = ENV.email_url
parse_email_url(EMAIL_URL)  # refuses to start with what it cannot read
EMAIL_RATE = ENV.email_rate
EMAIL_DIGEST_HOUR = ENV.email_digest_hour
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.email_from or default_sender(SITE_URL)
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
DEMO = False
DEMO_PERSONAS: list[dict[str, str]] = []
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "not_ready": {  # /readyz says so itself
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda line: getattr(line, "status_code", 0) != 503,
        }
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["not_ready"],
        }
    },
    "loggers": {"httpx": {"level": "WARNING"}},  # its lines would hold signed addresses
    "root": {"handlers": ["console"], "level": ENV.log_level},
}
