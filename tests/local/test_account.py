"""PostgreSQL under root: in a user namespace, else as another account; never by opening folders."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.local import account as accounts
from config.local.account import OrdinaryAccount, ordinary_account
from config.local.errors import LocalError
from config.local.postgres import PostgresServer
from config.local.servers import private_postgres

NAMESPACE = "unshare"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """What is possible here is asked once per process: ask again, as the test wants it."""
    ordinary_account.cache_clear()
    yield
    ordinary_account.cache_clear()


@pytest.fixture
def without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    works = accounts._works
    monkeypatch.setattr(accounts, "_works", lambda prefix: prefix[0] != NAMESPACE and works(prefix))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may pass through; pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="hounsfield-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def answers(home: Path) -> bool:
    with private_postgres(home, durable=False) as url, psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_an_ordinary_user_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ordinary_account() == OrdinaryAccount()


def test_files_keep_their_owner_and_folders_their_mode(tmp_path: Path) -> None:
    """In a namespace where there is one, and as an ordinary user everywhere."""
    tmp_path.chmod(0o700)
    assert answers(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    if ordinary_account().owner is None:
        assert PostgresServer(tmp_path).data.stat().st_uid == os.geteuid()


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_the_files_go_to_the_account(open_folder: Path) -> None:
    assert answers(open_folder)
    assert answers(open_folder), "and it starts a second time"
    owner = ordinary_account().owner
    expected = owner[0] if owner else os.geteuid()
    assert PostgresServer(open_folder).data.stat().st_uid == expected


@pytest.mark.usefixtures("without_namespaces")
def test_a_closed_folder_on_the_way_is_named(open_folder: Path) -> None:
    closed = open_folder / "closed"
    home = closed / "home"
    home.mkdir(parents=True)
    closed.chmod(0o700)
    account = ordinary_account()
    if account.owner is None:
        assert answers(home), "it is our own folder"
        return
    with pytest.raises(LocalError, match=rf"cannot enter {closed}\. .*chmod o\+x {closed}"):
        answers(home)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_with_no_way_at_all_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "_works", lambda _prefix: False)
    with pytest.raises(LocalError, match="ordinary user, or name a server"):
        ordinary_account()
