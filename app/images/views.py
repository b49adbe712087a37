"""Pages of images."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.audit.registry import may_read_history
from app.images.describing import (
    DOWNLOADS,
    chart,
    geometry_of,
    provenance_of,
    window_words,
)
from app.images.selectors import get_image_for


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an image: how it lies, its values, where it comes from and its files."""
    image = get_image_for(request.user, pk)
    knows_people = may_read_history("images.image", user=request.user, pk=pk)
    context = {
        "image": image,
        "files": image.files.filter(kind__in=DOWNLOADS),
        "geometry": geometry_of(image),
        "chart": chart(image),
        "window": window_words(image),
        "provenance": provenance_of(image, user=request.user, knows_people=knows_people),
        "can_see_history": knows_people,
    }
    return render(request, "images/detail.html", context)
