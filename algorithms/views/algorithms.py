"""Lists and pages of algorithms and their versions."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from algorithms import selectors, services
from algorithms.forms import AlgorithmForm, NewAlgorithmForm, VersionForm
from algorithms.models import Algorithm, AlgorithmMember
from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.core.forms import changed_values
from app.core.pages import list_page
from app.execution.models import ContainerImage
from app.sockets.selectors import medical_image_socket, segmentation_socket


@login_required
def algorithm_list(request: HttpRequest) -> HttpResponse:
    """List the algorithms that the user may see."""
    page = list_page(
        request,
        selectors.algorithms_for(request.user),
        search=("title", "description"),
        sorts=(("title", "Title"), ("-modified", "Last changed"), ("-run_count", "Runs")),
    )
    return render(request, "algorithms/list.html", {"list": page})


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make an algorithm."""
    initial = {"inputs": [medical_image_socket().slug], "outputs": [segmentation_socket().slug]}
    form = NewAlgorithmForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        algorithm = services.create_algorithm(actor=cast(User, request.user), **form.values())
        messages.success(request, "The algorithm is made. Upload its first container image.")
        return redirect("algorithms:add_version", pk=algorithm.pk)
    return render(request, "algorithms/form.html", {"form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an algorithm, its versions and the runs that the user may see."""
    algorithm = selectors.get_algorithm_for(request.user, pk)
    versions = list(selectors.versions_of(algorithm))
    runs = list_page(
        request,
        selectors.runs_for(request.user).filter(version__algorithm=algorithm),
        search=("title",),
        sorts=(("-created", "Newest"), ("title", "Case")),
        size=15,
    )
    final = ContainerImage.SETTLED
    context = {
        "algorithm": algorithm,
        "interface": selectors.interface_of(algorithm),
        "versions": versions,
        "active": selectors.active_version(algorithm),
        "checking": any(v.container_image.state not in final for v in versions),
        "list": runs,
        **rights(request, algorithm),
    }
    return render(request, "algorithms/detail.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change an algorithm's texts and publicity."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    form = AlgorithmForm(request.POST or None, instance=algorithm)
    if request.method == "POST" and form.is_valid():
        algorithm.refresh_from_db()
        actor = cast(User, request.user)
        services.update_algorithm(actor=actor, algorithm=algorithm, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("algorithms:detail", pk=algorithm.pk)
    return render(request, "algorithms/form.html", {"form": form, "algorithm": algorithm})


@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who has access, and let editors change it."""
    algorithm = selectors.get_algorithm_for(request.user, pk)
    context = {
        "algorithm": algorithm,
        "members": algorithm.memberships.select_related("user"),
        "roles": AlgorithmMember.Role.choices,
        **rights(request, algorithm),
    }
    return render(request, "algorithms/people.html", context)


@login_required
def add_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload a container image."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    form = VersionForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        services.add_version(
            actor=cast(User, request.user),
            algorithm=algorithm,
            upload=form.cleaned_data["uploads"].uploads[0],
            comment=form.cleaned_data["comment"],
        )
        messages.success(request, "The container image is being checked.")
        return redirect("algorithms:detail", pk=algorithm.pk)
    return render(request, "algorithms/add_version.html", {"form": form, "algorithm": algorithm})


def rights(request: HttpRequest, algorithm: Algorithm) -> dict[str, Any]:
    """Return what the user may do, for the template."""
    return {
        f"can_{action}": ALGORITHMS.allows(request.user, algorithm, action)
        for action in ("run", "change", "manage")
    }
