"""Addresses of signing up and in, by the names that django-allauth reverses."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as elsewhere
from allauth.socialaccount.providers.openid_connect import views as oidc
from allauth.socialaccount.providers.orcid import views as orcid
from allauth.usersessions import views as sessions
from django.urls import path, re_path
from django.views.generic import RedirectView

from app.accounts import security_views
from app.accounts.security_views import only_when_set_up

_ENTRY = [
    path("sign-in/", security_views.sign_in, name="account_login"),
    path("sign-in/second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", keys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-out/", security_views.sign_out, name="account_logout"),
    path("sign-up/", account.signup, name="account_signup"),
    path(
        "sign-up/confirm/", account.email_verification_sent, name="account_email_verification_sent"
    ),
    re_path(
        r"^sign-up/confirm/(?P<key>[-:\w]{1,200})/$",
        account.confirm_email,
        name="account_confirm_email",
    ),
    path("sign-in/closed/", account.account_inactive, name="account_inactive"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]{1,20})-(?P<key>[-\w]{1,200})/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
_SECURITY = [
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/reauthenticate/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "account/reauthenticate/passkey/",
        keys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/e-mail/", account.email, name="account_email"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/second-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second-factor/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/second-factor/codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-factor/codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("account/passkeys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove/",
        security_views.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("account/passkeys/<int:pk>/edit/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path(
        "account/second-factor/",
        RedirectView.as_view(pattern_name="accounts:security"),
        name="mfa_index",
    ),
]
_ELSEWHERE = [
    path("account/sign-ins/", elsewhere.connections, name="socialaccount_connections"),
    path("sign-up/elsewhere/", elsewhere.signup, name="socialaccount_signup"),
    path(
        "sign-in/elsewhere/cancelled/",
        elsewhere.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("sign-in/elsewhere/error/", elsewhere.login_error, name="socialaccount_login_error"),
    path(
        "sign-in/oidc/<slug:provider_id>/",
        only_when_set_up(oidc.login),
        name="openid_connect_login",
    ),
    path(
        "sign-in/oidc/<slug:provider_id>/back/",
        only_when_set_up(oidc.callback),
        name="openid_connect_callback",
    ),
    path("sign-in/orcid/", only_when_set_up(orcid.oauth2_login), name="orcid_login"),
    path("sign-in/orcid/back/", only_when_set_up(orcid.oauth2_callback), name="orcid_callback"),
]
urlpatterns = [*_ENTRY, *_SECURITY, *_ELSEWHERE]
