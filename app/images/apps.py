"""Application configuration of images."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Images, their files and their import."""

    name = "app.images"
    label = "images"

    def ready(self) -> None:
        """Let delivery serve image files, and let creators see what they imported."""
        from app.audit.registry import register_page
        from app.delivery.registry import register_file_policy
        from app.images import visibility
        from app.images.selectors import imported_by, served_image_file, uploads_in_use
        from app.uploads.registry import register_upload_keeper

        register_page("images.image", "images:detail")
        register_page("images.import", "images:import")
        visibility.register(imported_by)
        register_file_policy("images", served_image_file)
        register_upload_keeper("images", uploads_in_use)
