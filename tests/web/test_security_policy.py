import pytest
from django.test import Client

from config.settings.security import content_security_policy

SITE = "https://portal.example.org"


@pytest.mark.django_db
def test_every_page_carries_the_policy(client: Client) -> None:
    header = client.get("/sign-in/")["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in header
    assert "unsafe-inline" not in header


@pytest.mark.parametrize(
    ("storage_url", "domain", "expected"),
    [
        ("file:///srv/media", "", {SITE}),
        (
            "s3://K:S@127.0.0.1:9000/bucket?scheme=http",
            "",
            {SITE, "http://127.0.0.1:9000"},
        ),
        (
            "s3://K:S@127.0.0.1:9000/bucket?scheme=http&public=https://files.example.org",
            "cdn.example.org",
            {SITE, "https://files.example.org", "https://cdn.example.org"},
        ),
    ],
)
def test_pictures_and_parts_may_use_the_store(storage_url, domain, expected) -> None:
    policy = content_security_policy(
        site_url=SITE, storage_url=storage_url, delivery_domain=domain
    )["DIRECTIVES"]
    assert set(policy["connect-src"]) == {"'self'", *expected}
    assert expected <= set(policy["img-src"])
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]


def test_amazon_buckets_are_named_with_their_own_hosts() -> None:
    url = "s3://K:S@s3.eu-west-1.amazonaws.com/images?region=eu-west-1"
    policy = content_security_policy(site_url=SITE, storage_url=url, delivery_domain="")
    assert "https://images.s3.eu-west-1.amazonaws.com" in policy["DIRECTIVES"]["connect-src"]
