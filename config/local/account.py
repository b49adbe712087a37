"""Run a program that refuses to be root, although we are root, without opening root's folders."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from config.local.errors import LocalError

ACCOUNT = "nobody"


@dataclass(frozen=True)
class OrdinaryAccount:
    """How to run a program as somebody other than root.

    `prefix` goes before its command line. `owner` is who must own its files (user and group), None
    when they stay ours.
    """

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def give(self, *folders: Path) -> None:
        """Give folders to the account, with all that is in them."""
        if self.owner is None:
            return
        for folder in folders:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, *self.owner, follow_symlinks=False)

    def require_access(self, *paths: Path) -> None:
        """Raise `LocalError` when the account cannot come to a path, naming the folder in its way.

        Its own folders are another matter: they are given to it.
        """
        if self.owner is None:
            return
        for path in paths:
            for folder in reversed(path.parents):
                if subprocess.call([*self.prefix, "test", "-x", str(folder)]):
                    message = (
                        f"PostgreSQL must not run as root, and the account {ACCOUNT} that it runs "
                        f"as here cannot enter {folder}. Allow that (chmod o+x {folder}), or move "
                        "the portal and HOUNSFIELD_HOME elsewhere."
                    )
                    raise LocalError(message)


@lru_cache
def ordinary_account() -> OrdinaryAccount:
    """Return how to run a program that refuses to be root.

    An ordinary user needs nothing. For root a user namespace is best: root's files seem to belong
    to `nobody` there, so they keep their owner and their folders stay closed. Where the kernel
    allows root no namespace, as in many containers, the files go to `nobody`.
    """
    if os.geteuid() != 0:
        return OrdinaryAccount()
    account = pwd.getpwnam(ACCOUNT)
    user, group = account.pw_uid, account.pw_gid
    namespace = ("unshare", "--user", f"--map-user={user}", f"--map-group={group}")
    if _works(namespace):
        return OrdinaryAccount(prefix=namespace)
    switched = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")
    if _works(switched):
        return OrdinaryAccount(prefix=switched, owner=(user, group))
    message = (
        "PostgreSQL must not run as root, and there is no way here to run it as somebody else. "
        "Start as an ordinary user, or name a server of yours: "
        "DATABASE_URL=postgresql://user:password@host/name make demo"
    )
    raise LocalError(message)


def _works(prefix: tuple[str, ...]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
