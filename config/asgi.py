"""ASGI: Django for HTTP, the consumers of viewer, runs and evaluations for WebSockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.default")
os.environ.setdefault("DATABASE_POOL", "16")  # a new connection costs more than most requests

from app.core.asgi import get_application

django_application = get_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from algorithms.routing import websocket_urlpatterns as algorithms  # noqa: E402
from app.challenges.routing import websocket_urlpatterns as challenges  # noqa: E402
from app.core.garbage import settle_in  # noqa: E402
from app.execution.api.waiting import CaseWaiter  # noqa: E402
from app.uploads.asgi import PartReceiver  # noqa: E402
from viewer.routing import websocket_urlpatterns as viewer  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": CaseWaiter(PartReceiver(django_application)),  # type: ignore[arg-type]
        "websocket": AuthMiddlewareStack(URLRouter([*viewer, *algorithms, *challenges])),
    }
)
_ = get_resolver().url_patterns  # views are loaded now, not by the first request
settle_in()
