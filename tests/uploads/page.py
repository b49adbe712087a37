"""A page with one upload field, for the browser tests, and every address it needs."""

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import include, path

from app.uploads.fields import UploadsField

PAGE = Template(
    """{% load assets components %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Send files</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csrf-token" content="{{ csrf_token }}">
<meta name="htmx-config" content='{"includeIndicatorStyles": false}'><link rel="icon" href="data:,">
{% vite_asset "site" %}</head>
<body><main><h1>Send files</h1>
<form method="post" action="?kind={{ kind }}" novalidate>{% csrf_token %}{% form_fields form %}
<div class="form-actions">{% button "Import" kind="primary" type="submit" %}</div></form></main>
{% vite_asset "uploader" %}</body></html>"""
)


class FolderForm(forms.Form):
    files = UploadsField(label="Files", help_text="DICOM folders or archives.", directories=True)


class ImageForm(forms.Form):
    files = UploadsField(label="Container image", multiple=False, accept=".tar,.tar.gz")


class TitledForm(FolderForm):
    title = forms.CharField()


class PreviewForm(forms.Form):
    files = UploadsField(label="Files", note="DICOM and others.", directories=True, previewed=True)


FORMS = {"folder": FolderForm, "image": ImageForm, "titled": TitledForm, "preview": PreviewForm}


def page(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "folder")
    form = FORMS[kind](request.POST or None)
    form.fields["files"].user = request.user  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["files"]
        rows = [
            {"path": chosen.paths[str(upload.pk)], "name": upload.filename, "size": upload.size}
            for upload in chosen.uploads
        ]
        return JsonResponse({"files": rows})
    return HttpResponse(PAGE.render(RequestContext(request, {"form": form, "kind": kind})))


urlpatterns = [
    path("", include("app.delivery.urls")),
    path("", include("app.uploads.urls")),
    path("send/", page),
]
