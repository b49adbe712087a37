"""Addresses of the inbox, of preferences and of the administrators' mail page."""

from django.urls import path

from app.notifications.views import inbox, mail, preferences, unsubscribing

app_name = "notifications"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.read_all, name="read_all"),
    path("<uuid:pk>/read/", inbox.read, name="read"),
    path("<uuid:pk>/delete/", inbox.delete, name="delete"),
    path("settings/", preferences.settings_page, name="settings"),
    path("unsubscribe/<str:ticket>/", unsubscribing.unsubscribe_page, name="unsubscribe"),
    path("mail/", mail.mail_list, name="mail"),
    path("mail/<uuid:pk>/", mail.detail, name="message"),
    path("mail/<uuid:pk>/html/", mail.html, name="message_html"),
    path("mail/<uuid:pk>/retry/", mail.retry, name="retry"),
]
