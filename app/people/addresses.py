"""Which e-mail addresses say something about where a person works."""

from pathlib import Path

FREE_MAIL = frozenset(Path(__file__).with_name("free_mail.txt").read_text().split())
"""Hosts at which anybody gets a mailbox: an address there tells nothing about an institution."""


def is_free_mail(email: str) -> bool:
    """Tell whether an address, or a part of its domain, belongs to a free-mail host."""
    labels = email.rpartition("@")[2].strip().lower().rstrip(".").split(".")
    endings = {".".join(labels[start:]) for start in range(len(labels))}
    return bool(endings & FREE_MAIL)
