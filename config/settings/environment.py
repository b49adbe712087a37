"""Everything the portal reads from its environment, typed, in one place.

`docs/configuration.md` documents each field; a test holds it complete.
"""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from viewer.servers import ViewerServer, checked_servers


class Environment(BaseSettings):
    """The environment variables, by their names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    hounsfield_home: Path = Field(Path(".hounsfield"), description="State folder.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    site_url: str = Field("", description="Public address; http://HOST:PORT if empty.")
    allowed_hosts: str = Field("", description="Further host names, comma separated.")
    debug: bool = Field(False, description="Django's debug pages; never in production.")
    secret_key: str = Field("", description="Signs sessions; at least 50 characters.")
    database_url: str = Field("", description="postgresql://user:password@host:port/name")
    database_pool: int = Field(
        0, ge=0, description="Most database connections a process keeps open; 0: none is kept."
    )
    broker_url: str = Field("", description="redis://host:port/0 or sqs://KEY:SECRET@")
    sqs_queues_url: str = Field(
        "", description="Start of the queues' addresses on SQS; each queue's name follows."
    )
    channel_layer_url: str = Field(
        "", description="Redis for WebSocket groups; BROKER_URL if empty."
    )
    storage_url: str = Field("", description="file:///folder or s3://KEY:SECRET@host/bucket")
    delivery_domain: str = Field("", description="CloudFront domain; empty for our own endpoint.")
    delivery_key_id: str = Field("", description="Id of the key pair that signs file addresses.")
    delivery_private_key_file: Path | None = Field(None, description="PEM file of that key pair.")
    delivery_accel_prefix: str = Field("", description="Internal prefix for X-Accel-Redirect.")
    docker_host: str = Field("", description="Socket of the container engine.")
    container_runtime: str = Field("", description="Engine runtime for jobs, such as runsc.")
    worker_token: str = Field(
        "", description="Secret that portal and job workers share; empty: no worker is let in."
    )
    worker_grace_seconds: float = Field(
        10.0,
        ge=0,
        description="Seconds that a worker told to end lets its jobs run; then they go back.",
    )
    worker_cpus: float = Field(
        0.0, ge=0, description="Processors a job worker may give to jobs; 0: all of its engine's."
    )
    worker_memory_mb: int = Field(
        0, ge=0, description="Memory it may give to jobs, in MiB; 0: all of its engine's."
    )
    worker_gpus: str = Field(
        "",
        description="Memory in MiB of each GPU by its number, such as 24576,0: 0 is another's; "
        "empty: what nvidia-smi tells.",
    )
    lease_seconds: int = Field(
        90, ge=6, le=600, description="Silence after which what a worker has in hand is taken back."
    )
    reconcile_seconds: int = Field(
        30, ge=1, le=300, description="How often what was lost or forgotten is looked for."
    )
    visibility_seconds: int = Field(
        15_000, ge=5, description="When a broker hands out again what nobody acknowledged."
    )
    job_cpus: float = Field(2.0, gt=0, description="Processors a job may use.")
    job_memory_mb: int = Field(4096, ge=64, description="Memory a job may use, in MiB.")
    job_time_limit: int = Field(
        3600, ge=1, le=3 * 3600, description="Longest run of one job, in seconds; at most 3 hours."
    )
    run_credits_per_month: int = Field(
        100_000, ge=0, description="Credits for runs a person has in 30 days; 0: no limit."
    )
    run_complimentary: int = Field(
        5, ge=0, description="Runs of each version that its editors have for nothing."
    )
    runs_per_person: int = Field(20, ge=1, description="Runs one person may have under way.")
    runs_per_algorithm: int = Field(200, ge=1, description="The same for one algorithm.")
    job_max_cpus: float = Field(
        0.0, ge=0, description="Most processors a job may ask for; 0: JOB_CPUS."
    )
    job_max_memory_mb: int = Field(
        0, ge=0, description="Most memory a job may ask for, in MiB; 0: JOB_MEMORY_MB."
    )
    job_max_time_limit: int = Field(
        0,
        ge=0,
        le=3 * 3600,
        description="Longest run a job may ask for, in seconds; 0: JOB_TIME_LIMIT.",
    )
    job_max_gpus: int = Field(0, ge=0, description="Most GPUs a job may ask for.")
    job_max_writable_root_mb: int = Field(
        10 * 1024, ge=0, description="Most a job may write to its own root, in MiB; 0: nothing."
    )
    warm_idle_seconds: int = Field(
        60, ge=0, le=90, description="Seconds that a warm container waits for a case; 0: no time."
    )
    warm_most_cases: int = Field(
        100, ge=1, description="Cases after which a warm container is replaced."
    )
    endpoints_per_person: int = Field(
        2, ge=0, description="Containers one person may keep warm; 0: nobody keeps any."
    )
    endpoint_idle_seconds: int = Field(
        600, ge=30, le=3 * 3600, description="Seconds that an endpoint stays without a call."
    )
    endpoint_longest_seconds: int = Field(
        3 * 3600, ge=60, le=3 * 3600, description="Longest life of an endpoint, in seconds."
    )
    container_keep_refused_days: int = Field(
        7, ge=1, description="Days that the archive of a refused container or model is kept."
    )
    container_keep_unused_days: int = Field(
        90, ge=1, description="Days that a superseded or retired version is kept without a run."
    )
    viewer_servers: list[ViewerServer] = Field(
        [],
        description="JSON list of name, origin and, as wished, region, weight, networks, token; "
        "empty: the site serves its viewers itself.",
    )
    viewer_idle_seconds: int = Field(
        7200, ge=60, le=24 * 3600, description="Seconds that an unused view session stays open."
    )
    viewer_longest_seconds: int = Field(
        12 * 3600, ge=60, le=7 * 24 * 3600, description="Longest life of a view session, seconds."
    )
    viewer_server_name: str = Field("", description="Which of VIEWER_SERVERS this process is.")
    viewer_server_token: str = Field(
        "", description="Its token, where it has neither the database nor storage keys."
    )
    viewer_host: str = Field("127.0.0.1", description="Address a viewer server listens on.")
    viewer_port: int = Field(8001, ge=1, le=65535, description="Port a viewer server listens on.")
    upload_quota_gb: int = Field(128, ge=1, description="Live uploads one user may hold, in GiB.")
    upload_quota_unverified_gb: int = Field(
        16, ge=1, description="The same for people who were not verified, in GiB."
    )
    sign_up: Literal["open", "closed"] = Field("open", description="Who may make an account.")
    oidc_providers: list[dict[str, str]] = Field(
        [], description="JSON list of id, name, server_url, client_id, client_secret."
    )
    orcid_client_id: str = Field("", description="Sign in with ORCID.")
    orcid_client_secret: str = Field("", description="Its secret.")
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="Reverse proxies of ours that add to X-Forwarded-For."
    )
    email_url: str = Field(
        "", description="smtp://user:password@host:587?tls=1, smtps:// or file://"
    )
    email_from: str = Field("", description="Sender of the portal's mail.")
    email_rate: int = Field(0, ge=0, description="Messages handed over per minute; 0: no limit.")
    email_digest_hour: int = Field(6, ge=0, le=23, description="Hour (UTC) of daily summaries.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Logging.")
    demo_password: str = Field("hounsfield-demo", description="Password of the demo's personas.")

    @field_validator("hounsfield_home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("oidc_providers")
    @classmethod
    def _complete(cls, value: list[dict[str, str]]) -> list[dict[str, str]]:
        needed = {"id", "name", "server_url", "client_id", "client_secret"}
        for provider in value:
            if set(provider) != needed:
                raise ValueError(f"Each provider of OIDC_PROVIDERS needs exactly {sorted(needed)}.")
        return value

    @model_validator(mode="after")
    def _queues_are_named(self) -> Self:
        if self.broker_url.startswith("sqs") and "//" not in self.sqs_queues_url:
            raise ValueError(
                "Set SQS_QUEUES_URL beside BROKER_URL=sqs://, such as "
                "https://sqs.eu-west-1.amazonaws.com/123456789012/hounsfield-"
            )
        return self

    @model_validator(mode="after")
    def _viewers_are_told_apart(self) -> Self:
        checked_servers(self.viewer_servers, site=self.address)
        if self.viewer_idle_seconds > self.viewer_longest_seconds:
            raise ValueError("VIEWER_IDLE_SECONDS must not be more than VIEWER_LONGEST_SECONDS.")
        return self

    @field_validator("worker_gpus")
    @classmethod
    def _of_sizes(cls, value: str) -> str:
        if not re.fullmatch(r"\s*(\d{1,9}\s*(,\s*\d{1,9}\s*)*)?", value):
            raise ValueError("WORKER_GPUS is a list of MiB by the numbers of the GPUs: 24576,24576")
        return value

    @property
    def gpus_of_worker(self) -> tuple[int, ...] | None:
        """Bytes of each GPU, or nothing where the worker has to find out."""
        sizes = self.worker_gpus.split(",") if self.worker_gpus.strip() else None
        return None if sizes is None else tuple(int(size) * 2**20 for size in sizes)

    @property
    def address(self) -> str:
        """The site's public address without a trailing slash."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 -- a comparison
        return (self.site_url or f"http://{host}:{self.port}").rstrip("/")
