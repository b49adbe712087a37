"""Application configuration of people and organizations."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Public profiles, verification, organizations, export and deletion of personal data."""

    name = "app.people"
    label = "people"

    def ready(self) -> None:
        """Register organizations, files, and what the layers up to here hold of a person."""
        from app.accounts.registry import register_people
        from app.delivery.registry import register_file_policy
        from app.notifications.kinds import register_kind
        from app.people.personal_data import register
        from app.people.policies import ORGANIZATIONS
        from app.people.selectors import served_export, served_picture

        register_people("organization", ORGANIZATIONS, page="people:organization_people")
        register_file_policy("pictures", served_picture)
        register_file_policy("personal-data", served_export)
        register()
        register_kind(
            "people.verification.accepted",
            "Verification accepted",
            "Your institution was confirmed.",
        )
        register_kind(
            "people.verification.rejected", "Verification rejected", "It could not be confirmed."
        )
        register_kind(
            "people.verification.revoked",
            "Verification revoked",
            "It was taken back, with a reason.",
        )
        register_kind(
            "people.verification.waiting", "Verification to review", "Somebody waits for a review."
        )
        register_kind("people.export.ready", "Export ready", "Your data can be downloaded.")
        register_kind("people.export.failed", "Export failed", "Your data could not be packed.")
        register_kind(
            "people.deletion.requested",
            "Account to be deleted",
            "Your account will be deleted, and how to keep it.",
            urgent=True,
        )
        register_kind(
            "people.deletion.held_up", "Deletion held up", "Something has to be handed over first."
        )
