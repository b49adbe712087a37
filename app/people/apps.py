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
        from app.people.personal_data import register
        from app.people.policies import ORGANIZATIONS
        from app.people.selectors import served_export, served_picture

        register_people("organization", ORGANIZATIONS, page="people:organization_people")
        register_file_policy("pictures", served_picture)
        register_file_policy("personal-data", served_export)
        register()
