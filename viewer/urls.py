"""Pages of the viewer."""

from django.urls import path

from viewer import views

app_name = "viewer"
urlpatterns = [
    path("view/sessions/", views.session_list, name="sessions"),
    path("view/sessions/<uuid:pk>/stop/", views.stop, name="stop"),
    path("view/<str:source>/<uuid:pk>/", views.open_display_set, name="open"),
]
