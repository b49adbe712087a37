"""STORAGE_URL in all its forms, good and bad."""

from pathlib import Path

import pytest

from app.core.storage import (
    BucketLocation,
    FolderLocation,
    StorageUrlInvalid,
    django_storages,
    parse_storage_url,
)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///srv/hounsfield/media", "/srv/hounsfield/media"),
        ("file://localhost/srv/media/", "/srv/media"),
        ("file:///srv/my%20files", "/srv/my files"),
    ],
)
def test_folders(url: str, path: str) -> None:
    assert parse_storage_url(url) == FolderLocation(path=Path(path))


def test_a_bucket_with_everything() -> None:
    found = parse_storage_url(
        "s3://KEY:se%2Fcr%40et@10.0.0.5:8333/media?region=eu-west-1&scheme=http&accelerate=1"
        "&public=https%3A%2F%2Ffiles.example.org&direct=0"
    )
    assert found == BucketLocation(
        bucket="media",
        endpoint="http://10.0.0.5:8333",
        public_endpoint="https://files.example.org",
        region="eu-west-1",
        access_key="KEY",
        secret_key="se/cr@et",
        accelerate=True,
        direct=False,
    )
    assert not found.is_aws


def test_amazon_with_the_machines_own_credentials() -> None:
    found = parse_storage_url("s3://s3.eu-west-1.amazonaws.com/media?region=eu-west-1")
    assert isinstance(found, BucketLocation)
    assert found.is_aws
    assert found.access_key == ""
    assert found.public_endpoint == found.endpoint == "https://s3.eu-west-1.amazonaws.com"


def test_an_ipv6_host() -> None:
    found = parse_storage_url("s3://K:S@[::1]:8333/media?scheme=http")
    assert isinstance(found, BucketLocation)
    assert found.endpoint == "http://[::1]:8333"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no scheme"),
        ("/srv/media", "no scheme"),
        ("ftp://host/folder", "ftp://"),
        ("file://srv/media", "three slashes"),
        ("file:///", "absolute"),
        ("file:///srv/../etc", "absolute"),
        ("file:///srv/media?x=1", "no options"),
        ("file:///srv/me#dia", "'#'"),
        ("s3:///bucket", "names a host"),
        ("s3://K:S@host", "exactly one bucket"),
        ("s3://K:S@host/a/b", "exactly one bucket"),
        ("s3://K@host/bucket", "neither"),
        ("s3://K:S@host:port/bucket", "cannot be read"),
        ("s3://K:S@host/bucket?scheme=ftp", "http or https"),
        ("s3://K:S@host/bucket?accelerate=yes", "0 or 1"),
        ("s3://K:S@host/bucket?regoin=x", "'regoin'"),
        ("s3://K:S@host/bucket?region=a&region=b", "repeats"),
        ("s3://K:S@host/bucket?public=files.example.org", "public"),
    ],
)
def test_mistakes_say_what_to_write(url: str, says: str) -> None:
    with pytest.raises(StorageUrlInvalid, match=says) as caught:
        parse_storage_url(url)
    assert "file:///" in caught.value.advice


def test_secrets_stay_out_of_messages_and_representations() -> None:
    assert "hush" not in repr(parse_storage_url("s3://K:hush@host/bucket"))
    with pytest.raises(StorageUrlInvalid) as caught:
        parse_storage_url("s3://K:hush@host/bucket?nonsense=1")
    assert "hush" not in str(caught.value.as_problem())


def test_django_storages_follow_the_same_address() -> None:
    folder = django_storages("file:///srv/media")["default"]
    assert folder["OPTIONS"] == {"location": "/srv/media", "base_url": None}
    bucket = django_storages("s3://K:S@host:8333/media?scheme=http&region=eu-west-1")["default"]
    assert bucket["BACKEND"] == "storages.backends.s3.S3Storage"
    assert bucket["OPTIONS"]["endpoint_url"] == "http://host:8333"
    assert bucket["OPTIONS"]["file_overwrite"] is False
