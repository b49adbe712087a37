"""Application configuration of reader studies."""

from django.apps import AppConfig


class ReaderStudiesConfig(AppConfig):
    """Readers answer questions about display sets."""

    name = "reader_studies"
    label = "reader_studies"

    def ready(self) -> None:
        """Register what reader studies are to the layers below."""
        from app.accounts.personal_data import register_personal_data
        from app.accounts.registry import register_people
        from app.audit.registry import register_history, register_page
        from app.images import visibility
        from app.images.registry import register_destination
        from app.images.reviewing import place_of_policy, register_home, register_place
        from app.images.uses import register_uses
        from app.requests.registry import Kind, register_kind
        from app.sockets import visibility as values
        from reader_studies.display import ReadingSource, ReferenceSource
        from reader_studies.models import ReaderStudyMember, ReaderStudyRequest
        from reader_studies.personal_data import given_answers, readings
        from reader_studies.policies import READER_STUDIES
        from reader_studies.selectors import (
            answer_image_ids_visible_to,
            image_ids_used_by,
            image_ids_visible_to,
            managed_study,
            parts_of,
            reviewed_study,
            study_of_display_set,
            uses_of_image,
            value_ids_visible_to,
        )
        from reader_studies.services import describe_display_set, receive_display_set_image
        from reader_studies.viewing import VIEWABLE
        from viewer.registry import register
        from viewer.viewables import register_viewable

        visibility.register(image_ids_visible_to, used=image_ids_used_by)
        visibility.register(answer_image_ids_visible_to)
        register_uses(uses_of_image)
        register_people("reader-study", READER_STUDIES, page="reader_studies:people")
        register_personal_data("answers", given_answers)
        register_personal_data("readings", readings)
        register_kind(
            Kind(
                key="reader-study",
                noun="reader study",
                icon="book-open-check",
                area="reader-studies",
                pages="reader_studies",
                policy=READER_STUDIES,
                requests=ReaderStudyRequest,
                roles=(ReaderStudyMember.Role.READER,),
            )
        )
        register_page("reader_studies.readerstudy", "reader_studies:detail")
        register_history("reader_studies.readerstudy", door=managed_study, parts=parts_of)
        values.register(value_ids_visible_to)
        register_destination("display-set", receive_display_set_image, describe_display_set)
        register_place(place_of_policy("reader-study", READER_STUDIES, describe=reviewed_study))
        register_home("display-set", "reader-study", study_of_display_set)
        register(ReadingSource())
        register_viewable(VIEWABLE)
        register(ReferenceSource())
