"""Pages of the viewer."""

from django.urls import path

from viewer import views

app_name = "viewer"
urlpatterns = [path("view/<str:source>/<uuid:pk>/", views.open_display_set, name="open")]
