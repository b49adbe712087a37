"""The content security policy: nothing runs or loads that we did not serve."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from app.core.storage import BucketLocation, parse_storage_url


def content_security_policy(
    *,
    site_url: str,
    storage_url: str,
    delivery_domain: str,
    sign_on: Sequence[str] = (),
    viewers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return django-csp's setting.

    Pictures and file parts may also come from and go to the site's public address (which may
    differ from the one in the browser), the bucket and CloudFront.
    ``sign_on`` are the places that the buttons of single sign-on lead to, ``viewers`` the origins
    of viewer servers, which the viewer's page opens sockets to.
    ``wasm-unsafe-eval`` lets the viewer's decoder, a WebAssembly module of ours, run.
    """
    stores = [site_url, *_store_origins(storage_url, delivery_domain)]
    own = "'self'"
    return {
        "DIRECTIVES": {
            "default-src": [own],
            "script-src": [own, "'wasm-unsafe-eval'"],
            "style-src": [own],
            "img-src": [own, "data:", "blob:", *stores],
            "connect-src": [own, *stores, *viewers],
            "worker-src": [own, "blob:"],
            "font-src": [own],
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": [own, *sign_on],
            "frame-ancestors": ["'none'"],
        }
    }


def _store_origins(storage_url: str, delivery_domain: str) -> list[str]:
    origins = [f"https://{delivery_domain}"] if delivery_domain else []
    location = parse_storage_url(storage_url)
    if isinstance(location, BucketLocation):
        origins += _bucket_origins(location)
    return list(dict.fromkeys(origins))


def _bucket_origins(location: BucketLocation) -> list[str]:
    if location.is_aws:
        hosts = (f"s3.{location.region}", "s3", "s3-accelerate")
        return [f"https://{location.bucket}.{host}.amazonaws.com" for host in hosts]
    parts = urlsplit(location.public_endpoint)
    return [f"{parts.scheme}://{parts.netloc}"]
