"""Pages where reviewers look at quarantined images and decide."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.core.pages import list_page
from app.images import services
from app.images.forms import MaskForm, RejectForm
from app.images.models import Image, Quarantine
from app.images.reviewing import describe_place
from app.images.selectors import get_quarantine_for, quarantine_for

_SORTS = (("created", "Waiting longest"), ("-created", "Newest"), ("series", "Series"))


@login_required
def everything(request: HttpRequest) -> HttpResponse:
    """List whatever waits for the person, wherever it goes."""
    page = list_page(request, quarantine_for(request.user), search=("image__name",), sorts=_SORTS)
    return render(request, "images/review_queue.html", {"list": page})


@login_required
def queue(request: HttpRequest, scope: str, pk: UUID) -> HttpResponse:
    """List what waits in one place, such as an archive."""
    place = describe_place(scope, request.user, pk)
    waiting = quarantine_for(request.user).filter(scope=scope, scope_id=pk)
    page = list_page(request, waiting, search=("image__name",), sorts=_SORTS)
    return render(request, "images/review_queue.html", {"list": page, "place": place})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one image frame by frame, with what can be decided."""
    return _shown(request, get_quarantine_for(request.user, pk))


@login_required
def frame(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Answer with one frame as PNG; browsers must not keep it, since it may be masked."""
    quarantine = get_quarantine_for(request.user, pk)
    picture = services.frame_png(
        cast(Image, quarantine.image), number=number, faint="faint" in request.GET
    )
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Publish one image, or whatever waits of its series."""
    quarantine = get_quarantine_for(request.user, pk, action="decide")
    chosen = _chosen(request, quarantine)
    count = services.accept_images(actor=cast(User, request.user), chosen=chosen)
    words = "The image is accepted." if count == 1 else f"{count} images are accepted."
    messages.success(request, f"{words} Whoever has access sees it now.")
    return _onwards(request, quarantine)


@login_required
@require_POST
def mask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Queue the masking of rectangles; the page shows them again if they cannot be taken."""
    quarantine = get_quarantine_for(request.user, pk, action="decide")
    form = MaskForm(request.POST)
    if form.is_valid():
        try:
            services.start_masking(
                actor=cast(User, request.user),
                quarantine=quarantine,
                rectangles=form.rectangles,
            )
        except ValidationFailed as error:
            form.add_error(None, error.fields.get("rectangles", [error.message])[0])
        else:
            messages.success(request, "The picture is being masked. Look at it again, then accept.")
            return redirect("images:review", pk=quarantine.pk)
    return _shown(request, quarantine, mask_form=form, status=400)


@login_required
@require_POST
def reject(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete one image, or whatever waits of its series, with a reason."""
    quarantine = get_quarantine_for(request.user, pk, action="decide")
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _shown(request, quarantine, reject_form=form, status=400)
    chosen = _chosen(request, quarantine)
    count = services.reject_images(
        actor=cast(User, request.user), chosen=chosen, note=form.cleaned_data["note"]
    )
    words = "The image is" if count == 1 else f"{count} images are"
    messages.success(request, f"{words} rejected and deleted.")
    return _onwards(request, quarantine)


def _chosen(request: HttpRequest, quarantine: Quarantine) -> list[Quarantine]:
    if "series" in request.POST:
        return services.series_of(quarantine, quarantine_for(request.user))
    return [quarantine]


def _onwards(request: HttpRequest, quarantine: Quarantine) -> HttpResponse:
    """Go on to the next image of the same place, or to the empty queue."""
    waiting = quarantine_for(request.user).filter(
        scope=quarantine.scope, scope_id=quarantine.scope_id, state=Quarantine.State.WAITING
    )
    following = waiting.exclude(pk=quarantine.pk).first()
    if following is not None:
        return redirect("images:review", pk=following.pk)
    return redirect("images:review_queue", scope=quarantine.scope, pk=quarantine.scope_id)


def _shown(
    request: HttpRequest,
    quarantine: Quarantine,
    *,
    mask_form: MaskForm | None = None,
    reject_form: RejectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    image = cast(Image, quarantine.image)
    count = services.frame_count(image)
    number = _number(request.GET.get("frame"), below=count)
    context: dict[str, Any] = {
        "quarantine": quarantine,
        "image": image,
        "place": describe_place(quarantine.scope, request.user, quarantine.scope_id),
        "frame": number,
        "shown_frame": number + 1,
        "frames": count,
        "previous": max(0, number - 1),
        "next": min(count - 1, number + 1),
        "faint": "faint" in request.GET,
        "version": int(quarantine.modified.timestamp()),
        "series_count": len(services.series_of(quarantine, quarantine_for(request.user))),
        "mask_form": mask_form or MaskForm(),
        "reject_form": reject_form or RejectForm(),
    }
    return render(request, "images/review.html", context, status=status)


def _number(text: str | None, *, below: int) -> int:
    """Return the frame asked for, else the middle one, where there is most to see."""
    if text and text.isascii() and text.isdigit() and len(text) < 10:
        return min(int(text), below - 1)
    return below // 2
