"""Pages of versions: of container images, and of model weights. Both work alike."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from algorithms import selectors, services
from algorithms.forms import CallingForm, ModelForm, RestoreForm, StageForm, VersionForm
from algorithms.keeping import kept_until
from algorithms.models import AlgorithmModel, AlgorithmVersion
from algorithms.views.algorithms import rights
from app.accounts.models import User
from app.design.units import filesize_words

Version = AlgorithmVersion | AlgorithmModel


@login_required
def add_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload a container image."""
    form = VersionForm(request.POST or None, user=request.user)
    said = "The container image is being checked."
    return _add(request, pk, form, add=services.add_version, said=said)


@login_required
def add_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload model weights."""
    form = ModelForm(request.POST or None, user=request.user)
    said = "The model weights are being checked."
    return _add(request, pk, form, add=services.add_model, said=said)


def _add(
    request: HttpRequest, pk: UUID, form: VersionForm, *, add: Callable[..., Version], said: str
) -> HttpResponse:
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    if request.method == "POST" and form.is_valid():
        version = add(
            actor=cast(User, request.user),
            algorithm=algorithm,
            upload=form.cleaned_data["uploads"].uploads[0],
            comment=form.cleaned_data["comment"],
        )
        messages.success(request, said)
        return redirect(_name(version), pk=version.pk)
    kind = "model" if isinstance(form, ModelForm) else "version"
    return render(request, f"algorithms/add_{kind}.html", {"form": form, "algorithm": algorithm})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a version of the container image."""
    return _page(request, selectors.get_version_for(request.user, pk))


@login_required
def model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a version of the model weights."""
    return _page(request, selectors.get_model_for(request.user, pk))


def _page(request: HttpRequest, version: Version) -> HttpResponse:
    is_model = isinstance(version, AlgorithmModel)
    kind = "model" if is_model else "version"
    algorithm, archive = version.algorithm, version.archive
    find = selectors.active_model if is_model else selectors.active_version
    active = find(algorithm)
    manifest = {} if isinstance(version, AlgorithmModel) else version.container_image.manifest
    context = {
        **_calling(version),
        "algorithm": algorithm,
        "version": version,
        "archive": archive,
        "manifest": manifest,
        "heading": f"{'Model' if is_model else 'Version'} {version.number}",
        "checked_detail": " of ".join(map(filesize_words, (archive.checked_bytes, archive.size))),
        "noun": "Model" if is_model else "Version",
        "kind": kind,
        "is_active": version == active,
        "active": active,
        "kept_until": kept_until(version, active=version == active),
        "twins": selectors.same_content(version),
        "changes": version.stage_changes.select_related("approved_by"),
        "can_delete": archive.is_settled and not archive.jobs.exists(),
        "stage_form": StageForm(version=version),
        **{
            verb: reverse(f"algorithms:{verb}_{kind}", args=[version.pk])
            for verb in ("stage", "restore", "delete")
        },
        "add_url": reverse(f"algorithms:add_{kind}", args=[algorithm.pk]),
        **rights(request, algorithm),
    }
    return render(request, "algorithms/version.html", context)


def _calling(version: Version) -> dict[str, Any]:
    """Return how a container is called, and the form to say otherwise."""
    if isinstance(version, AlgorithmModel):
        return {}
    serves = version.container_image.serves
    how = next(name for name, value in CallingForm.SERVES.items() if value == serves)
    return {
        "stays_up": version.container_image.stays_up,
        "calling_form": CallingForm(initial={"how": how}),
    }


@login_required
@require_POST
def stage_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move a version to another stage."""
    return _stage(request, selectors.get_version_for(request.user, pk, action="change"))


@login_required
@require_POST
def call_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how a version's container is called."""
    version = selectors.get_version_for(request.user, pk, action="change")
    form = CallingForm(request.POST)
    if form.is_valid():
        actor = cast(User, request.user)
        services.change_calling(actor=actor, version=version, serves=form.serves())
        messages.success(request, "It is called so from the next run on.")
    else:
        messages.error(request, "Choose one of the ways.")
    return redirect("algorithms:version", pk=version.pk)


@login_required
@require_POST
def stage_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move model weights to another stage."""
    return _stage(request, selectors.get_model_for(request.user, pk, action="change"))


def _stage(request: HttpRequest, version: Version) -> HttpResponse:
    form = StageForm(request.POST, version=version)
    if form.is_valid():
        services.change_stage(
            actor=cast(User, request.user),
            version=version,
            to=form.cleaned_data["to"],
            comment=form.cleaned_data["comment"],
        )
        messages.success(request, f"It is in {version.get_stage_display().lower()} now.")
    else:
        messages.error(request, "Choose a stage that this version can move to.")
    return redirect(_name(version), pk=version.pk)


@login_required
def restore_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload the archive of a version again."""
    return _restore(request, selectors.get_version_for(request.user, pk, action="change"))


@login_required
def restore_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload the archive of model weights again."""
    return _restore(request, selectors.get_model_for(request.user, pk, action="change"))


def _restore(request: HttpRequest, version: Version) -> HttpResponse:
    form = RestoreForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        services.restore_version(
            actor=cast(User, request.user),
            version=version,
            upload=form.cleaned_data["uploads"].uploads[0],
        )
        messages.success(request, "The archive is being checked.")
        return redirect(_name(version), pk=version.pk)
    context = {
        "form": form,
        "algorithm": version.algorithm,
        "version": version,
        "back_url": reverse(_name(version), args=[version.pk]),
    }
    return render(request, "algorithms/restore.html", context)


@login_required
@require_POST
def delete_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a version that nothing was run with."""
    return _delete(request, selectors.get_version_for(request.user, pk, action="change"))


@login_required
@require_POST
def delete_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete model weights that nothing was run with."""
    return _delete(request, selectors.get_model_for(request.user, pk, action="change"))


def _delete(request: HttpRequest, version: Version) -> HttpResponse:
    algorithm = version.algorithm_id
    services.delete_version(actor=cast(User, request.user), version=version)
    messages.success(request, "It is deleted.")
    return redirect("algorithms:detail", pk=algorithm)


def _name(version: Version) -> str:
    return f"algorithms:{'model' if isinstance(version, AlgorithmModel) else 'version'}"
