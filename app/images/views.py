"""Pages of images."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.audit.registry import may_read_history
from app.images.models import ImageFile
from app.images.selectors import get_image_for


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an image's geometry and files."""
    image = get_image_for(request.user, pk)
    shown = (ImageFile.Kind.MHA, ImageFile.Kind.TIFF)
    files = image.files.filter(kind__in=shown)
    context = {
        "image": image,
        "files": files,
        "can_see_history": may_read_history("images.image", user=request.user, pk=pk),
    }
    return render(request, "images/detail.html", context)
