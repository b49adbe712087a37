"""Talking to an S3-compatible store: the client, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error, S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.core.storage.errors import (
    MultipartMissing,
    ObjectMissing,
    PartsRefused,
    StorageUnavailable,
)
from app.core.storage.location import BucketLocation
from app.core.storage.store import MAX_PART_SIZE, Part

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def make_client(location: BucketLocation, *, endpoint: str, accelerate: bool = False) -> "S3Client":
    """Return a client for ``endpoint``; on Amazon itself boto3 chooses the address."""
    # Checksums only where the protocol requires them: other stores do not know the newer headers,
    # and a presigned part address must not demand one of the browser.
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "virtual" if location.is_aws else "path",
            "use_accelerate_endpoint": accelerate,
        },
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.session.Session().client(
        "s3",
        region_name=location.region,
        endpoint_url=None if location.is_aws else endpoint,
        aws_access_key_id=location.access_key or None,
        aws_secret_access_key=location.secret_key or None,
        config=config,
    )


@dataclass
class Outcome:
    """What happened inside `reach`, where that is not an error."""

    past_end: bool = False


@contextmanager
def reach(
    *, key: str, past_end_is_empty: bool = False, closed_is_fine: bool = False
) -> Iterator[Outcome]:
    """Turn the client's errors into ours."""
    outcome = Outcome()
    try:
        yield outcome
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ("InvalidRange", "416") and past_end_is_empty:
            outcome.past_end = True
        elif code in ("404", "NoSuchKey", "NotFound"):
            raise ObjectMissing(key=key) from error
        elif code == "NoSuchUpload":
            if not closed_is_fine:
                raise MultipartMissing(advice="Start the upload again.") from error
        elif code in ("InvalidPart", "InvalidPartOrder", "EntityTooSmall"):
            raise PartsRefused(f"The store refused the parts ({code}).") from error
        else:
            raise StorageUnavailable(
                f"The file store answered {code or 'an error'}.",
                advice="Try again; if it stays so, check STORAGE_URL and the store's log.",
            ) from error
    except (BotoCoreError, Boto3Error, S3UploadFailedError) as error:
        raise StorageUnavailable(
            "The file store could not be reached.",
            advice="Try again; if it stays so, check STORAGE_URL and that the store runs.",
        ) from error


def refused_part(part: Part) -> PartsRefused:
    """Return the error for a part that is larger than the portal signs for."""
    limit = MAX_PART_SIZE // 2**20
    return PartsRefused(f"Part {part.number} is larger than {limit} MiB; send smaller parts.")
