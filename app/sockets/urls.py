"""Addresses of sockets."""

from django.urls import path

from app.sockets import views

app_name = "sockets"
urlpatterns = [
    path("", views.socket_list, name="list"),
    path("new/", views.choose_kind, name="choose"),
    path("new/<str:kind>/", views.create, name="create"),
    path("values/<int:pk>/value.json", views.value, name="value"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/schema.json", views.schema, name="schema"),
]
