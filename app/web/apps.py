"""Application configuration of the site's shell."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Home, health, error pages, demo and walkthrough."""

    name = "app.web"
    label = "web"

    def ready(self) -> None:
        """Let the images of seed files be imported."""
        from app.images.registry import register_destination
        from app.web.seeding import images

        register_destination(images.DESTINATION, images.receive_image, images.describe_run)
