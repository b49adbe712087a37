"""How mail leaves the portal: ``EMAIL_URL`` names an SMTP server or a folder. Knows no database."""

import contextlib
import os
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_SECONDS = 30.0
LOCAL = ("localhost", "127.0.0.1", "::1")


class MailDelayed(Exception):
    """The message could not be handed over now; trying again later may help."""


class MailRefused(Exception):
    """A server looked at the message and will never take it."""


@dataclass(frozen=True)
class Refusal:
    """Why a server did not take a message for one of its recipients."""

    permanent: bool
    reason: str


@dataclass(frozen=True)
class SmtpServer:
    """A mail server; ``security`` says how the connection is encrypted."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: Literal["none", "starttls", "tls"] = "none"


@dataclass(frozen=True)
class MailFolder:
    """A folder that gets one ``.eml`` file per message."""

    path: Path


Transport = SmtpServer | MailFolder


def parse_email_url(url: str) -> Transport | None:
    """Read ``EMAIL_URL``; empty means that mail stays in the database.

    Raises ``ValueError``, whose text does not repeat the address: it may hold a password.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("EMAIL_URL with file:// needs an absolute folder: file:///folder")
        return MailFolder(Path(unquote(parts.path)))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("EMAIL_URL must be smtp://…, smtps://…, file:///folder or empty.")
    return _server(url)


def _server(url: str) -> SmtpServer:
    parts = urlsplit(url)
    wants_tls = parse_qs(parts.query).get("tls", ["0"])[-1] in ("1", "true", "yes")
    security: Literal["none", "starttls", "tls"] = "starttls" if wants_tls else "none"
    if parts.scheme == "smtps":
        security = "tls"
    host = parts.hostname or ""
    if parts.password and security == "none" and host not in LOCAL:
        raise ValueError("EMAIL_URL would send a password unencrypted; add ?tls=1 or use smtps://")
    return SmtpServer(
        host=host,
        port=parts.port or {"none": 25, "starttls": 587, "tls": 465}[security],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )


def default_sender(site_url: str) -> str:
    """Return whom mail is from where nobody says so: nobody at the portal's own name."""
    host = urlsplit(site_url).hostname or "localhost"
    domain = host if "." in host and not host.replace(".", "").isdigit() else "localhost"
    return f"Hounsfield <no-reply@{domain}>"


def hand_over(
    transport: Transport, *, name: str, sender: str, recipients: Sequence[str], content: bytes
) -> dict[str, Refusal]:
    """Give the message to the outside, and return for which recipients it was not taken.

    Raises `MailDelayed` or `MailRefused` when it was taken for nobody.
    """
    if isinstance(transport, MailFolder):
        _write(transport.path, name=name, content=content)
        return {}
    try:
        with _connected(transport, name=sender.rpartition("@")[2]) as server:
            options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []
            refused = server.sendmail(sender, list(recipients), content, mail_options=options)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPDataError as error:
        raise _judged(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:  # the greeting, the login, the sender
        raise MailDelayed(_words(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailDelayed(f"{type(error).__name__}: {error}"[:500]) from error
    return {
        address: Refusal(permanent=code >= 500, reason=_words(code, said))
        for address, (code, said) in refused.items()
    }


@contextlib.contextmanager
def _connected(where: SmtpServer, *, name: str) -> Iterator[smtplib.SMTP]:
    """A session with the server; that it ends badly says nothing about the message."""
    context = ssl.create_default_context()
    if where.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            where.host, where.port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(where.host, where.port, local_hostname=name, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo_or_helo_if_needed()
        if where.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
        if where.user:
            server.login(where.user, where.password)
        yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _write(folder: Path, *, name: str, content: bytes) -> None:
    """Write a file that is there whole or not at all; a repeated message replaces itself."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{name}.part"
        partial.write_bytes(content)
        os.replace(partial, folder / f"{name}.eml")
    except OSError as error:
        raise MailDelayed(f"The folder for mail cannot be written: {error.strerror}.") from error


def _judged(code: int, said: bytes | str) -> Exception:
    words = _words(code, said)
    return MailRefused(words) if code >= 500 else MailDelayed(words)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())}"[:500]
