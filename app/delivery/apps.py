"""Application configuration of file delivery."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Signed, expiring, logged access to stored files."""

    name = "app.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Become the signer of the portal's own file addresses."""
        from app.core.storage import set_own_addresses
        from app.delivery.addresses import PortalAddresses

        set_own_addresses(PortalAddresses())
