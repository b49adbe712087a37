"""Pages of archives."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.forms import changed_values
from app.core.pages import list_page
from app.images.models import Import
from app.images.selectors import deidentification_options, waiting_in
from app.images.services import deidentification_settings, start_import
from archives import selectors, services
from archives.forms import ArchiveForm, DeidentificationForm, ImportForm
from archives.models import ArchiveMember
from archives.policies import ARCHIVES


@login_required
def archive_list(request: HttpRequest) -> HttpResponse:
    """List the archives that the user may see."""
    page = list_page(
        request,
        selectors.archives_for(request.user),
        search=("title", "description"),
        sorts=(("title", "Title"), ("-modified", "Last changed"), ("-case_count", "Cases")),
    )
    return render(request, "archives/list.html", {"list": page})


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make an archive."""
    form = ArchiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        archive = services.create_archive(actor=actor, **form.cleaned_data)
        messages.success(request, "The archive is ready. Bring in the first files.")
        return redirect("archives:import", pk=archive.pk)
    return render(request, "archives/form.html", {"form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an archive's cases."""
    archive = selectors.get_archive_for(request.user, pk)
    page = list_page(
        request,
        selectors.items_of(archive),
        search=("title",),
        sorts=(("title", "Title"), ("-created", "Newest")),
    )
    active = Import.objects.filter(
        destination="archive",
        destination_id=archive.pk,
        owner=cast(User, request.user),
        state__in=Import.ACTIVE,
    )
    rights = _rights(request, archive)
    context = {
        "archive": archive,
        "list": page,
        "active_imports": active,
        "waiting": waiting_in("archive", archive.pk) if rights["can_upload"] else 0,
        **rights,
    }
    return render(request, "archives/detail.html", context)


@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who has access, and let editors change it."""
    archive = selectors.get_archive_for(request.user, pk)
    context = {
        "archive": archive,
        "members": archive.memberships.select_related("user"),
        "roles": ArchiveMember.Role.choices,
        **_rights(request, archive),
    }
    return render(request, "archives/people.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change an archive."""
    archive = selectors.get_archive_for(request.user, pk, action="change")
    form = ArchiveForm(request.POST or None, instance=archive)
    if request.method == "POST" and form.is_valid():
        archive.refresh_from_db()
        actor = cast(User, request.user)
        services.update_archive(actor=actor, archive=archive, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("archives:detail", pk=archive.pk)
    return render(request, "archives/form.html", {"form": form, "archive": archive})


@login_required
def deidentification(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose what DICOM files keep on their way into the archive."""
    archive = selectors.get_archive_for(request.user, pk, action="change")
    now = deidentification_settings("archive", archive.pk)
    chosen = {"options": now.options, "keep_instances": now.keep_instances}
    form = DeidentificationForm(request.POST or None, initial=chosen)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        services.change_deidentification(actor=actor, archive=archive, **form.cleaned_data)
        messages.success(request, "Saved. It holds for whatever is imported from now on.")
        return redirect("archives:deidentification", pk=archive.pk)
    return render(request, "archives/deidentification.html", {"form": form, "archive": archive})


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete an archive after its title was typed."""
    archive = selectors.get_archive_for(request.user, pk, action="delete")
    services.delete_archive(actor=cast(User, request.user), archive=archive)
    messages.success(request, f"“{archive.title}” is deleted.")
    return redirect("archives:list")


@login_required
def import_files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Drop files, start an import, go on to its progress page."""
    archive = selectors.get_archive_for(request.user, pk, action="upload")
    options = deidentification_options("archive", archive.pk)
    form = ImportForm(request.POST or None, user=request.user, keeps=options)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["uploads"]
        source = start_import(
            owner=cast(User, request.user),
            destination="archive",
            destination_id=archive.pk,
            uploads=chosen.uploads,
            paths=chosen.paths,
        )
        return redirect("images:import", pk=source.pk)
    return render(request, "archives/import.html", {"form": form, "archive": archive})


@login_required
@require_POST
def delete_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a case out of its archive."""
    item = selectors.get_item_for(request.user, pk, action="change")
    services.delete_item(actor=cast(User, request.user), item=item)
    messages.success(request, f"“{item.title}” is no longer in the archive.")
    return redirect("archives:detail", pk=item.archive_id)


def _rights(request: HttpRequest, archive: object) -> dict[str, bool]:
    return {
        f"can_{action}": ARCHIVES.allows(request.user, archive, action)  # type: ignore[arg-type]
        for action in ("upload", "change", "manage", "delete")
    }
