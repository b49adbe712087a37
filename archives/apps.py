"""Application configuration of archives."""

from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    """Curated sets of cases, shared with whom the owner chooses."""

    name = "archives"
    label = "archives"

    def ready(self) -> None:
        """Register what archives are to the layers below."""
        from app.accounts.personal_data import register_personal_data
        from app.accounts.registry import register_people
        from app.audit.registry import register_history, register_page
        from app.requests.registry import Kind, register_kind
        from app.sockets import visibility as values
        from archives.display import ArchiveItemSource
        from archives.models import ArchiveMember, ArchiveRequest
        from archives.personal_data import edited_archives
        from archives.policies import ARCHIVES
        from archives.selectors import (
            image_history_door,
            managed_archive,
            parts_of,
            value_ids_visible_to,
        )
        from archives.viewing import VIEWABLE
        from viewer.registry import register
        from viewer.viewables import register_viewable

        self._register_images()
        register_people("archive", ARCHIVES, page="archives:people")
        register_personal_data("archives", edited_archives)
        register_kind(
            Kind(
                key="archive",
                noun="archive",
                icon="archive",
                area="archives",
                pages="archives",
                policy=ARCHIVES,
                requests=ArchiveRequest,
                roles=(ArchiveMember.Role.USER, ArchiveMember.Role.UPLOADER),
            )
        )
        register_page("archives.archive", "archives:detail")
        register_history("archives.archive", door=managed_archive, parts=parts_of)
        register_history("images.image", door=image_history_door)
        values.register(value_ids_visible_to)
        register(ArchiveItemSource())
        register_viewable(VIEWABLE)

    def _register_images(self) -> None:
        """Say who sees images through archives, how they come in and who reviews them."""
        from app.images import visibility
        from app.images.registry import register_destination
        from app.images.reviewing import place_of_policy, register_home, register_place
        from app.images.uses import register_uses
        from archives.policies import ARCHIVES
        from archives.selectors import (
            archive_of_item,
            image_ids_visible_to,
            reviewed_archive,
            uses_of_image,
        )
        from archives.services import (
            add_imported_images,
            describe_destination,
            describe_item,
            receive_item_image,
        )

        visibility.register(image_ids_visible_to, used=image_ids_visible_to)
        register_uses(uses_of_image)
        register_destination("archive", add_imported_images, describe_destination, many=True)
        register_destination("archive-item", receive_item_image, describe_item)
        register_place(
            place_of_policy("archive", ARCHIVES, describe=reviewed_archive, keeps_instances=True)
        )
        register_home("archive", "archive")
        register_home("archive-item", "archive", archive_of_item)
