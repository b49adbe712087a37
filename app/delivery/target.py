"""What was asked for, to the byte: signatures are checked before anything is decoded."""

from django.http import HttpRequest

from app.delivery.signing import COOKIES, Refusal, SignatureRefused


def raw_target(request: HttpRequest) -> str:
    """Return path and query as they were sent.

    Decoding and encoding again would let one signed address be spelled in many ways. ASGI servers
    keep the bytes of the path; under WSGI only the query is certain, the path is spelled anew.
    """
    scope = getattr(request, "scope", {})
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else request.get_full_path().partition("?")[0]
    query = scope.get("query_string", b"").decode("latin-1") if scope else _query(request)
    return f"{path}?{query}" if query else path


def signature_cookies(request: HttpRequest) -> dict[str, str]:
    """Return the cookies that carry a signature, undecoded; refuse a name that comes twice."""
    found: dict[str, str] = {}
    for pair in request.headers.get("Cookie", "").split(";"):
        name, _, text = pair.removeprefix(" ").partition("=")
        if name not in COOKIES:
            continue
        if name in found:
            raise SignatureRefused(Refusal.MALFORMED, "A cookie of the signature is repeated.")
        found[name] = text
    return found


def _query(request: HttpRequest) -> str:
    return str(request.META.get("QUERY_STRING", ""))
