"""Who a container runs as: the engine's own rules for USER, and no uid 0 in any spelling.

The rules follow libcontainer's `user.GetExecUser` (opencontainers/runc): a numeric user is
always a uid, a name is looked up in the image's /etc/passwd (first match), numbers are read by
Go's `strconv.Atoi` ("00", "+0" and "-0" are zero), and a field that does not parse counts as 0.
The resolved numbers, not the declared text, are what a container is later started with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.manifest import UserIdentity

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_LARGEST_ID = 2**31 - 1
_ADVICE = (
    "Create a user in the Dockerfile and switch to it, for example "
    "`RUN groupadd -r user && useradd -r -g user -m user` and then `USER user`."
)


@dataclass(frozen=True)
class _Account:
    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True)
class _Group:
    name: str
    gid: int
    members: tuple[str, ...]


def resolve_user(declared: object, *, passwd: bytes, group: bytes) -> UserIdentity:
    """The numeric identity behind `declared`; raises when it is, or may be, root."""
    if not isinstance(declared, str) or not declared.strip():
        raise _refusal("user_root", "The image does not set a user, so it would run as root.")
    user_part, _, group_part = declared.partition(":")
    accounts = _read_accounts(passwd)
    account = _find_account(user_part, accounts)
    groups = _read_groups(group)
    if account is None:
        account = _Account(name="", uid=_plain_uid(declared, user_part), gid=0, home="")
    gid, supplementary = _find_groups(declared, group_part, account, groups)
    if account.uid == 0:
        raise _refusal("user_root", f"The image's user `{_short(declared)}` is root (uid 0).")
    if not 0 < account.uid <= _LARGEST_ID or not 0 <= gid <= _LARGEST_ID:
        raise _refusal("user_unknown", f"The user `{_short(declared)}` is outside the valid range.")
    return UserIdentity(
        declared=declared, uid=account.uid, gid=gid, groups=supplementary, home=account.home
    )


def _find_account(user_part: str, accounts: list[_Account]) -> _Account | None:
    number = _number(user_part)
    for account in accounts:
        if account.uid == number if number is not None else account.name == user_part:
            return account
    return None


def _plain_uid(declared: str, user_part: str) -> int:
    number = _number(user_part)
    if number is None:
        raise _refusal(
            "user_unknown",
            f"The image's user `{_short(declared)}` is not in its own /etc/passwd.",
        )
    return number


def _find_groups(
    declared: str, group_part: str, account: _Account, groups: list[_Group]
) -> tuple[int, tuple[int, ...]]:
    """(gid, supplementary gids); an explicit group means no supplementary ones."""
    if not group_part:
        own = {g.gid for g in groups if account.name and account.name in g.members}
        return account.gid, tuple(sorted(own - {account.gid, 0}))
    number = _number(group_part)
    for group in groups:
        if group.gid == number if number is not None else group.name == group_part:
            return group.gid, ()
    if number is None:
        raise _refusal(
            "user_unknown",
            f"The group of the image's user `{_short(declared)}` is not in its own /etc/group.",
        )
    return number, ()


def _read_accounts(content: bytes) -> list[_Account]:
    return [
        _Account(name=f[0], uid=_loose(f[2]), gid=_loose(f[3]), home=f[5])
        for f in _rows(content, columns=7)
        if f[0]
    ]


def _read_groups(content: bytes) -> list[_Group]:
    return [
        _Group(name=f[0], gid=_loose(f[2]), members=tuple(m for m in f[3].split(",") if m))
        for f in _rows(content, columns=4)
        if f[0]
    ]


def _rows(content: bytes, *, columns: int) -> list[list[str]]:
    lines = content.decode("utf-8", "replace").splitlines()
    rows = (line.strip().split(":") for line in lines if line.strip())
    return [(row + [""] * columns)[:columns] for row in rows]


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _loose(text: str) -> int:
    return _number(text) or 0


def _short(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:61]}..."


def _refusal(code: str, message: str) -> ContainerArchiveError:
    return ContainerArchiveError(code=code, message=message, advice=_ADVICE)
