"""The compose file, its example environment, the proxy and the image fit together."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.storage import BucketLocation, parse_storage_url
from config.local.home import REPOSITORY
from config.local.programs import AUDIT_QUEUES, JOB_QUEUES, SHORT_QUEUES
from config.settings.environment import Environment

PROXY = REPOSITORY / "deploy" / "nginx" / "portal.conf.template"
FILLED = {
    "SECRET_KEY": "x" * 50,
    "WORKER_TOKEN": "w" * 50,
    "POSTGRES_PASSWORD": "database",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
    "DOCKER_GID": "999",
}
REFERENCE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
PORTAL = ("migrate", "web", "worker-short", "worker-jobs", "worker-audit", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return document


def example_environment() -> dict[str, str]:
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def fill(text: str, values: dict[str, str]) -> str:
    """Replace references as compose does; a missing one without a default is an error."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        if values.get(name):
            return values[name]
        assert kind == "-", f"{name} has neither a value nor a default"
        return default or ""

    return REFERENCE.sub(value, text)


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    """The real program where it is installed; the other tests here hold its essentials."""
    environment = {**example_environment(), **FILLED}
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    docker = shutil.which("docker")
    plugin = [docker, "compose"] if docker else []
    if plugin and subprocess.call([*plugin, "version"], stderr=-3, stdout=-3) == 0:
        command = [*plugin, "--env-file", str(file), "config", "--quiet"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    else:
        text = (REPOSITORY / "docker-compose.yml").read_text()
        assert yaml.safe_load(fill(text, environment))["name"] == "hounsfield"


def test_every_service_has_an_image_and_known_dependencies(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert service.get("image") or service.get("build"), name
        for other, condition in service.get("depends_on", {}).items():
            assert other in services, f"{name} depends on {other}"
            healthy = condition["condition"] == "service_healthy"
            assert not healthy or "healthcheck" in services[other], f"{other} cannot be healthy"
            finished = condition["condition"] == "service_completed_successfully"
            assert not finished or services[other]["restart"] == "no", f"{other} never ends"


def test_no_service_waits_for_itself(compose: dict[str, Any]) -> None:
    services = compose["services"]

    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above, name))
        for other in services[name].get("depends_on", {}):
            walk(other, (*above, name))

    for name in services:
        walk(name, ())


def test_every_named_volume_is_defined_and_used(compose: dict[str, Any]) -> None:
    mounts = [
        mount.split(":")[0]
        for service in compose["services"].values()
        for mount in service.get("volumes", [])
    ]
    named = {mount for mount in mounts if not mount.startswith((".", "/"))}
    assert named == set(compose["volumes"])
    for mount in mounts:
        assert not mount.startswith(".") or (REPOSITORY / mount).exists(), mount


def test_the_portal_gets_only_variables_that_it_reads(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in Environment.model_fields} | {"DJANGO_SETTINGS_MODULE"}
    for name in PORTAL:
        assert set(compose["services"][name]["environment"]) <= known, name


def test_the_example_names_every_variable_that_compose_asks_for() -> None:
    asked = {
        match[1] for match in REFERENCE.finditer((REPOSITORY / "docker-compose.yml").read_text())
    }
    assert asked == set(example_environment())


def test_secrets_have_no_default() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    kinds = {(match[1], match[2]) for match in REFERENCE.finditer(text) if match[1] in FILLED}
    assert kinds == {(name, "?") for name in FILLED}
    assert all(example_environment()[name] == "" for name in FILLED)


def test_the_queues_of_the_workers_are_those_of_the_demo(compose: dict[str, Any]) -> None:
    for name, queues in (
        ("worker-short", SHORT_QUEUES),
        ("worker-jobs", JOB_QUEUES),
        ("worker-audit", AUDIT_QUEUES),
    ):
        assert f"--queues {queues} " in compose["services"][name]["command"]


def test_only_the_job_worker_reaches_the_container_engine(compose: dict[str, Any]) -> None:
    reaching = {
        name
        for name, service in compose["services"].items()
        if any("docker.sock" in mount for mount in service.get("volumes", []))
    }
    assert reaching == {"worker-jobs"}


def test_the_job_worker_knows_neither_database_nor_storage(compose: dict[str, Any]) -> None:
    worker = compose["services"]["worker-jobs"]
    assert worker["environment"]["DJANGO_SETTINGS_MODULE"] == "config.settings.worker"
    assert not {"SECRET_KEY", "DATABASE_URL", "STORAGE_URL"} & set(worker["environment"])
    assert worker["volumes"] == ["/var/run/docker.sock:/var/run/docker.sock"]


def test_only_the_proxy_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    published = {
        name: [fill(port, {**example_environment(), **FILLED}) for port in service["ports"]]
        for name, service in compose["services"].items()
        if "ports" in service
    }
    outside = [n for n, ports in published.items() if not all(p.startswith("127.") for p in ports)]
    assert outside == ["proxy"]


def test_the_storage_address_is_one_that_the_portal_understands(compose: dict[str, Any]) -> None:
    url = compose["services"]["web"]["environment"]["STORAGE_URL"]
    location = parse_storage_url(fill(url, {**example_environment(), **FILLED}))
    assert isinstance(location, BucketLocation)
    assert location.endpoint == "http://s3:8333"
    assert location.public_endpoint == "http://files.portal.localhost:8080"
    assert (location.access_key, location.secret_key) == ("key", "secret")


def test_the_proxy_uses_only_variables_that_it_is_given(compose: dict[str, Any]) -> None:
    text = PROXY.read_text()
    assert text.count("{") == text.count("}")
    given = set(compose["services"]["proxy"]["environment"])
    assert set(re.findall(r"\$\{(\w+)\}", text)) == given


def test_the_proxy_upgrades_the_viewers_socket_and_serves_files_internally(
    compose: dict[str, Any],
) -> None:
    text = PROXY.read_text()
    socket = text.split("location /ws/ {")[1].split("\n    }")[0]
    assert "proxy_set_header Upgrade $http_upgrade;" in socket
    assert "proxy_buffering off;" in socket
    prefix = compose["services"]["web"]["environment"]["DELIVERY_ACCEL_PREFIX"]
    assert "internal;" in text.split(f"location {prefix}/ {{")[1].split("\n    }")[0]


def test_the_image_runs_without_root_and_copies_what_the_context_holds() -> None:
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    assert "USER hounsfield" in lines
    assert lines.index("USER hounsfield") < max(
        number for number, line in enumerate(lines) if line.startswith("CMD")
    )
    allowed = {
        line.removeprefix("!")
        for line in (REPOSITORY / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")}
    packages -= {"tests", "benchmarks"}  # not part of what runs
    assert packages <= allowed
    copied = {
        word.rstrip("*").split("/")[0]
        for line in lines
        if line.startswith("COPY") and "--from" not in line
        for word in line.split()[1:-1]
    } - {"."}
    assert copied <= allowed
