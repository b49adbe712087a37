"""What can be asked for, and the request: abstract, each kind of object makes them concrete."""

from app.requests.models.askable import AccessMode, Askable
from app.requests.models.request import AccessRequest

__all__ = ["AccessMode", "AccessRequest", "Askable"]
