"""Making a bucket ready: it exists, browsers may send parts to it, what is cut off goes away."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.core.storage.bucket_client import reach

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        BucketLifecycleConfigurationTypeDef,
        CORSConfigurationTypeDef,
    )

_LIFECYCLE: "BucketLifecycleConfigurationTypeDef" = {
    "Rules": [
        {
            "ID": "hounsfield-open-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": "uploads/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}


def prepare_bucket(
    client: "S3Client", *, bucket: str, region: str, origins: Sequence[str]
) -> list[str]:
    """Do what is missing and say what was done; safe to repeat.

    Without rules for other origins a browser may not send parts to the bucket, nor read the ETag
    that proves a part arrived. A store that knows no lifecycle rules does without: our own sweep
    closes forgotten uploads.
    """
    done = []
    with reach(key=bucket):
        if not _exists(client, bucket=bucket):
            _create(client, bucket=bucket, region=region)
            done.append(f"created the bucket {bucket}")
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration=_cors(origins))
        done.append(f"allowed {', '.join(origins)} to send and read")
    try:
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=_LIFECYCLE)
        done.append("set uploads that stay open for a week to be dropped")
    except ClientError:
        done.append("left lifecycle rules alone: this store refuses them")
    return done


def _exists(client: "S3Client", *, bucket: str) -> bool:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def _create(client: "S3Client", *, bucket: str, region: str) -> None:
    if region == "us-east-1":  # the one region that Amazon wants left out
        client.create_bucket(Bucket=bucket)
    else:
        client.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
        )


def _cors(origins: Sequence[str]) -> "CORSConfigurationTypeDef":
    return {
        "CORSRules": [
            {
                "AllowedOrigins": list(origins),
                "AllowedMethods": ["GET", "HEAD", "PUT"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": ["ETag", "Content-Range", "Content-Length"],
                "MaxAgeSeconds": 3000,
            }
        ]
    }
