"""What a worker that is being set up asks first: am I let in, and where must I be able to go?"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from app.core.storage import BucketLocation, parse_storage_url
from app.execution.models import Worker


@dataclass(frozen=True)
class Welcome:
    """``storage`` is the origin of signed addresses, empty where the portal serves them itself."""

    storage: str
    last_seen: datetime | None


def welcome(name: str) -> Welcome:
    """Tell a worker where files are, and when one of its name was last heard of."""
    location = parse_storage_url(settings.STORAGE_URL)
    origin = location.public_endpoint if isinstance(location, BucketLocation) else ""
    worker = Worker.objects.filter(name=name[:200]).only("last_seen").first()
    return Welcome(storage=origin, last_seen=worker.last_seen if worker else None)
