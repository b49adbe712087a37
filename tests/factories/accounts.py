"""The smallest valid users."""

from typing import Any

import factory
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
