"""Application configuration of reader studies."""

from django.apps import AppConfig


class ReaderStudiesConfig(AppConfig):
    """Readers answer questions about display sets."""

    name = "reader_studies"
    label = "reader_studies"

    def ready(self) -> None:
        """Register what reader studies are to the layers below."""
        from app.accounts.registry import register_people
        from app.images import visibility
        from reader_studies.display import DisplaySetSource
        from reader_studies.policies import READER_STUDIES
        from reader_studies.selectors import image_ids_visible_to
        from viewer.registry import register

        register_people("reader-study", READER_STUDIES)
        visibility.register(image_ids_visible_to)
        register(DisplaySetSource())
