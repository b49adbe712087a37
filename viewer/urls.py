"""Pages of the viewer."""

from django.urls import path

from viewer.views import configurations, protocols, sessions, viewing

app_name = "viewer"
urlpatterns = [
    path("view/sessions/", sessions.session_list, name="sessions"),
    path("view/sessions/<uuid:pk>/stop/", sessions.stop, name="stop"),
    path("view/preferences/", configurations.preferences, name="preferences"),
    path("view/protocols/", protocols.protocol_list, name="protocols"),
    path("view/protocols/new/", protocols.create, name="create_protocol"),
    path("view/protocols/<uuid:pk>/", protocols.detail, name="protocol"),
    path("view/protocols/<uuid:pk>/edit/", protocols.edit, name="edit_protocol"),
    path("view/protocols/<uuid:pk>/delete/", protocols.delete, name="delete_protocol"),
    path("view/configurations/", configurations.configuration_list, name="configurations"),
    path("view/configurations/new/", configurations.create, name="create_configuration"),
    path("view/configurations/<uuid:pk>/", configurations.detail, name="configuration"),
    path("view/configurations/<uuid:pk>/edit/", configurations.edit, name="edit_configuration"),
    path(
        "view/configurations/<uuid:pk>/delete/",
        configurations.delete,
        name="delete_configuration",
    ),
    path("view/of/<str:kind>/<uuid:pk>/", viewing.edit, name="viewing"),
    path("view/<str:source>/<uuid:pk>/", sessions.open_display_set, name="open"),
]
