"""Which gateway this process uses: decided by its settings, once."""

from functools import cache

from django.conf import settings

from viewer.gateway.base import ViewerGateway


@cache
def configured_gateway() -> ViewerGateway:
    """Return the site's API for a server without keys, the site's own services elsewhere."""
    if settings.VIEWER_IS_REMOTE:
        from viewer.gateway.http import HttpGateway

        return HttpGateway(
            settings.SITE_URL,
            token=settings.VIEWER_SERVER_TOKEN,
        )
    from viewer.gateway.local import LocalGateway

    return LocalGateway(server=settings.VIEWER_SERVER_NAME)
