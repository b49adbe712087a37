"""Application configuration of the viewer."""

from django.apps import AppConfig


class ViewerConfig(AppConfig):
    """View sessions, display-set sources, slice streaming."""

    name = "viewer"
    label = "viewer"

    def ready(self) -> None:
        """Show single images, and ask for a slice pack as soon as an image can be read."""
        from app.accounts.personal_data import register_personal_data
        from app.audit.registry import register_page
        from app.images.registry import register_image_ready
        from viewer.personal_data import (
            drawn_annotations,
            forget_habits,
            forget_views,
            made_protocols,
            opened_views,
            viewer_habits,
        )
        from viewer.registry import register
        from viewer.services.packs import request_pack
        from viewer.sources import ImageSource

        register(ImageSource())
        register_image_ready(request_pack)
        register_personal_data("views", opened_views, forget_views)
        register_personal_data("viewer-vocabulary", made_protocols)
        register_personal_data("viewer-habits", viewer_habits, forget_habits)
        register_page("viewer.hangingprotocol", "viewer:protocol")
        register_page("viewer.viewerconfiguration", "viewer:configuration")
        register_personal_data("annotations", drawn_annotations)
