"""Where files live, read from ``STORAGE_URL`` (pure: no Django, no network)."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.core.storage.errors import StorageUrlInvalid

_FORMS = (
    "Use file:///absolute/folder or s3://KEY:SECRET@host:port/bucket?region=eu-west-1 "
    "(percent-encode special characters in KEY and SECRET)."
)
_S3_OPTIONS = frozenset({"region", "scheme", "accelerate", "public", "direct"})


@dataclass(frozen=True)
class FolderLocation:
    """A folder on this machine."""

    path: Path


@dataclass(frozen=True)
class BucketLocation:
    """A bucket of an S3-compatible store.

    ``endpoint`` is where we reach the store, ``public_endpoint`` where browsers and workers do.
    Without credentials the machine's own (instance role, environment) are used. ``direct`` says
    that downloads may go to the store itself rather than through our own endpoint.
    """

    bucket: str
    endpoint: str
    public_endpoint: str
    region: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    accelerate: bool = False
    direct: bool = True

    @property
    def is_aws(self) -> bool:
        """Whether this is Amazon's S3, which wants the bucket in the host name."""
        host = urlsplit(self.endpoint).hostname or ""
        return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


Location = FolderLocation | BucketLocation


def parse_storage_url(url: str) -> Location:
    """Return the place that ``url`` names, or raise `StorageUrlInvalid` saying what to write."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        raise StorageUrlInvalid(f"STORAGE_URL cannot be read: {error}.", advice=_FORMS) from None
    if parts.fragment:
        raise StorageUrlInvalid("STORAGE_URL holds a '#'; write it as %23.", advice=_FORMS)
    if parts.scheme == "file":
        return _folder(parts)
    if parts.scheme == "s3":
        return _bucket(parts)
    kind = f"starts with {parts.scheme}://" if parts.scheme else "has no scheme"
    raise StorageUrlInvalid(f"STORAGE_URL {kind}.", advice=_FORMS)


def _folder(parts: SplitResult) -> FolderLocation:
    if parts.netloc not in ("", "localhost") or parts.query:
        raise StorageUrlInvalid(
            "A file:// STORAGE_URL has three slashes and no options.", advice=_FORMS
        )
    path = Path(unquote(parts.path))
    if not path.is_absolute() or path == Path("/") or "\0" in str(path) or ".." in path.parts:
        raise StorageUrlInvalid("The folder in STORAGE_URL must be absolute.", advice=_FORMS)
    return FolderLocation(path=path)


def _bucket(parts: SplitResult) -> BucketLocation:
    bucket = parts.path.strip("/")
    if not parts.hostname or not bucket or "/" in bucket:
        raise StorageUrlInvalid(
            "An s3:// STORAGE_URL names a host and exactly one bucket.", advice=_FORMS
        )
    if (parts.username is None) != (parts.password is None):
        raise StorageUrlInvalid("Give both the key and the secret, or neither.", advice=_FORMS)
    options = _options(parts.query)
    scheme = options.get("scheme", "https")
    if scheme not in ("http", "https"):
        raise StorageUrlInvalid("scheme in STORAGE_URL is http or https.", advice=_FORMS)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    endpoint = f"{scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return BucketLocation(
        bucket=bucket,
        endpoint=endpoint,
        public_endpoint=_public(options.get("public", endpoint)),
        region=options.get("region", "us-east-1"),
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        accelerate=_flag(options, "accelerate", default=False),
        direct=_flag(options, "direct", default=True),
    )


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if unknown := sorted(set(options) - _S3_OPTIONS):
        raise StorageUrlInvalid(
            f"STORAGE_URL has an unknown option {unknown[0]!r}; "
            f"known are {', '.join(sorted(_S3_OPTIONS))}.",
            advice=_FORMS,
        )
    if len(options) != len(pairs):
        raise StorageUrlInvalid("STORAGE_URL repeats an option.", advice=_FORMS)
    return options


def _flag(options: dict[str, str], name: str, *, default: bool) -> bool:
    text = options.get(name, "1" if default else "0")
    if text not in ("0", "1"):
        raise StorageUrlInvalid(f"{name} in STORAGE_URL is 0 or 1.", advice=_FORMS)
    return text == "1"


def _public(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise StorageUrlInvalid(
            "public in STORAGE_URL is an address such as https://files.example.org.", advice=_FORMS
        )
    return f"{parts.scheme}://{parts.netloc}"
