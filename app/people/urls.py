"""Addresses of people, verification, organizations and personal data."""

from django.urls import path

from app.people.views import data, organizations, profiles, verification

app_name = "people"
_REVIEW = "account/verification/review/"
urlpatterns = [
    path("account/picture/", profiles.picture, name="picture"),
    path("account/picture/remove/", profiles.clear_picture, name="clear_picture"),
    path("account/verification/", verification.verification, name="verification"),
    path(
        "account/verification/confirm/<str:token>/",
        verification.confirm,
        name="confirm_verification",
    ),
    path(
        "account/verification/<uuid:pk>/withdraw/",
        verification.withdraw,
        name="withdraw_verification",
    ),
    path(_REVIEW, verification.review_list, name="review_list"),
    path(f"{_REVIEW}<uuid:pk>/", verification.review, name="review"),
    path(f"{_REVIEW}<uuid:pk>/accept/", verification.accept, name="accept_verification"),
    path(
        f"{_REVIEW}<uuid:pk>/reject/",
        verification.decline,
        {"verb": "reject"},
        name="reject_verification",
    ),
    path(
        f"{_REVIEW}<uuid:pk>/revoke/",
        verification.decline,
        {"verb": "revoke"},
        name="revoke_verification",
    ),
    path("account/data/", data.data, name="data"),
    path("account/data/export/", data.start_export, name="start_export"),
    path("account/data/delete/", data.delete_account, name="delete_account"),
    path("account/data/keep/", data.keep_account, name="keep_account"),
    path("organizations/", organizations.organization_list, name="organizations"),
    path("organizations/new/", organizations.create, name="create_organization"),
    path("organizations/<uuid:pk>/", organizations.detail, name="organization"),
    path("organizations/<uuid:pk>/edit/", organizations.edit, name="edit_organization"),
    path("organizations/<uuid:pk>/people/", organizations.people, name="organization_people"),
    path("organizations/<uuid:pk>/delete/", organizations.delete, name="delete_organization"),
    path("people/<str:username>/", profiles.person, name="person"),
]
