"""Application configuration of images."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Images, their files and their import."""

    name = "app.images"
    label = "images"

    def ready(self) -> None:
        """Let delivery serve image files, and let creators see what they imported."""
        from app.accounts.personal_data import register_personal_data
        from app.audit.registry import register_page
        from app.delivery.registry import register_file_policy
        from app.images import visibility
        from app.images.news import register_news
        from app.images.personal_data import imported_files, imported_images
        from app.images.selectors import (
            free_images_of,
            imported_by,
            served_image_file,
            uploads_in_use,
        )
        from app.uploads.registry import register_upload_keeper

        visibility.register(imported_by, used=free_images_of)
        register_news()
        register_page("images.image", "images:detail")
        register_page("images.import", "images:import")
        register_page("images.quarantine", "images:review")
        register_file_policy("images", served_image_file)
        register_upload_keeper("images", uploads_in_use)
        register_personal_data("imported-files", imported_files)
        register_personal_data("images", imported_images)
