"""Application configuration of users and roles."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles and sign-in."""

    name = "app.accounts"
    label = "accounts"
