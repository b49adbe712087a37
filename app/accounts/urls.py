"""Addresses of sign-in, profile and people."""

from django.urls import path

from app.accounts import security_views, token_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", security_views.sign_in, name="sign_in"),
    path("sign-out/", security_views.sign_out, name="sign_out"),
    path("account/security/", security_views.security, name="security"),
    path("profile/", views.profile, name="profile"),
    path("profile/tokens/", token_views.token_list, name="tokens"),
    path("profile/tokens/new/", token_views.create_token, name="create_token"),
    path("profile/tokens/<uuid:pk>/revoke/", token_views.end_token, name="end_token"),
    path("people/<slug:key>/<uuid:pk>/add/", views.add_person, name="add_person"),
    path(
        "people/<slug:key>/<uuid:pk>/<int:user_pk>/remove/",
        views.remove_person,
        name="remove_person",
    ),
]
