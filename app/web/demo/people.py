"""The demo's people."""

from django.conf import settings

from app.accounts.models import User


def seed_people() -> dict[str, User]:
    """Make the personas, or bring their passwords up to date."""
    people = {}
    for persona in settings.DEMO_PERSONAS:
        user, _ = User.objects.get_or_create(
            username=persona["username"],
            defaults={
                "email": persona["email"],
                "first_name": persona["first_name"],
                "last_name": persona["last_name"],
                "institution": "Hounsfield demo",
            },
        )
        administrator = persona["username"] == "admin"
        user.is_staff = user.is_superuser = administrator
        if not user.check_password(persona["password"]):
            user.set_password(persona["password"])
        user.save()
        people[user.username] = user
    return people
