"""The smallest valid users."""

import time
from typing import Any

import factory
from django.test import Client
from factory.django import DjangoModelFactory

from app.accounts.models import User


class UserFactory(DjangoModelFactory[User]):
    """A person who can sign in with the password ``secret``."""

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    first_name = "Test"
    last_name = factory.Sequence(lambda n: f"Person {n}")

    class Meta:
        model = User
        skip_postgeneration_save = True

    @factory.post_generation
    def password(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        self.set_password(extracted or "secret")
        if create:
            self.save()


def sign_in(client: Client, user: User) -> Client:
    """Sign a person in as if they had just given their password."""
    client.force_login(user)
    session = client.session
    given = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [given]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
