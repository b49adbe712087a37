"""Traps that show in code: where other portals were hard to change and to run oneself."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from django.apps import apps
from django.db.models import Model

from app.sockets.models import SocketValue
from config.local.home import REPOSITORY
from config.settings.environment import Environment

PRODUCT = ("algorithms", "app", "archives", "reader_studies", "viewer")
CLOUDS = ("boto3", "botocore", "azure", "google", "kubernetes")
STORAGE_AND_QUEUE = ("app/core/storage/", "app/core/broker.py", "app/core/sqs", "sqs_queues.py")


@cache
def sources(*folders: str) -> dict[str, str]:
    """The product's modules by their path."""
    return {
        str(path.relative_to(REPOSITORY)): path.read_text()
        for folder in folders
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }


def imported(source: str) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def own_models() -> list[type[Model]]:
    return [one for one in apps.get_models() if one.__module__.startswith(PRODUCT)]


def test_a_cloud_is_known_to_storage_and_queue_alone() -> None:
    modules = sources(*PRODUCT).items()
    found = sorted(path for path, source in modules if {*imported(source)} & {*CLOUDS})
    assert found, "the store for buckets is looked for in the wrong place"
    assert [path for path in found if not any(one in path for one in STORAGE_AND_QUEUE)] == []


def test_the_engine_is_known_to_executors_alone() -> None:
    found = {path for path, source in sources(*PRODUCT).items() if "docker" in imported(source)}
    assert found
    assert [path for path in found if not path.startswith("app/execution/executors/")] == []


def test_saving_has_no_side_effects() -> None:
    assert len(own_models()) > 50
    assert {
        model
        for model in own_models()
        for name in ("save", "save_base", "delete", "__init__")
        for base in model.__mro__
        if name in vars(base) and base.__module__.startswith(PRODUCT)
    } <= {SocketValue}, "what else happens belongs into a service"


def test_no_command_is_a_text_for_a_shell() -> None:
    for path, source in sources(*PRODUCT, "config", "demo").items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                shell = [word for word in node.keywords if word.arg == "shell"]
                assert not shell, f"{path}:{node.lineno}"
                assert ast.unparse(node.func) not in ("os.system", "os.popen"), path


@pytest.mark.parametrize("name", sorted(Environment.model_fields))
def test_no_setting_is_dead(name: str) -> None:
    word = re.compile(rf"\b({name}|{name.upper()})\b")
    places = sources(*PRODUCT, "config").items()
    assert [path for path, source in places if "environment.py" not in path and word.search(source)]
