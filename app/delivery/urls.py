"""Addresses of file delivery."""

from django.urls import path, register_converter

from app.core.storage import KEY_PATTERN
from app.delivery.views import portal_file, signed_file

app_name = "delivery"


class StorageKey:
    """A storage key; the folder of parts being sent is not one of them."""

    regex = rf"(?!parts/){KEY_PATTERN}"

    def to_python(self, value: str) -> str:
        """Return the key as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the key as it stands."""
        return value


register_converter(StorageKey, "storagekey")

urlpatterns = [
    path("media/<slug:kind>/<uuid:pk>/<str:filename>", portal_file, name="file"),
    path("files/<storagekey:key>", signed_file, name="signed"),
]
