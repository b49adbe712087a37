"""Lists and pages of algorithms."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from algorithms import selectors, services
from algorithms.figures import figures_of
from algorithms.forms import AlgorithmForm, LimitsForm, NewAlgorithmForm
from algorithms.models import Algorithm, AlgorithmMember
from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.core.forms import changed_values
from app.core.pages import list_page
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
    versions, models = list(selectors.versions_of(algorithm)), list(selectors.models_of(algorithm))
    allowed = rights(request, algorithm)
    runs = list_page(
        request,
        selectors.runs_for(request.user).filter(version__algorithm=algorithm),
        search=("title",),
        sorts=(("-created", "Newest"), ("title", "Case")),
        size=15,
    )
    context = {
        "algorithm": algorithm,
        "interfaces": selectors.interfaces_of(algorithm),
        "withdrawn": selectors.withdrawn_interfaces_of(algorithm) if allowed["can_change"] else (),
        "versions": versions,
        "models": models,
        "active": selectors.active_version(algorithm),
        "active_model": selectors.active_model(algorithm),
        "checking": not all(
            archive.is_settled
            for archive in (
                *(version.container_image for version in versions),
                *(model.weights for model in models),
            )
        ),
        "warm": selectors.live_endpoint(request.user, algorithm),
        "limits": algorithm.limits_for(),
        "facts": _facts(algorithm),
        "requirements": services.requirements(algorithm) if allowed["can_change"] else (),
        "list": runs,
        **allowed,
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
def statistics(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what the algorithm's runs amount to."""
    algorithm = selectors.get_algorithm_for(request.user, pk)
    context = {
        "algorithm": algorithm,
        "figures": figures_of(algorithm),
        **rights(request, algorithm),
    }
    return render(request, "algorithms/statistics.html", context)


@login_required
def limits(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change what one run may use."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    form = LimitsForm(request.POST or None, instance=algorithm)
    if request.method == "POST" and form.is_valid():
        algorithm.refresh_from_db()
        actor = cast(User, request.user)
        services.update_algorithm(actor=actor, algorithm=algorithm, **changed_values(form))
        messages.success(request, "The limits are saved. They hold from the next run on.")
        return redirect("algorithms:detail", pk=algorithm.pk)
    return render(request, "algorithms/limits.html", {"form": form, "algorithm": algorithm})


@login_required
@require_POST
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let everybody run the algorithm, or only its members again."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    actor = cast(User, request.user)
    if request.POST.get("public") == "no":
        services.unpublish_algorithm(actor=actor, algorithm=algorithm)
        messages.success(request, "Only members can run it now.")
    else:
        services.publish_algorithm(actor=actor, algorithm=algorithm)
        messages.success(request, "It is published: everybody who is signed in can run it.")
    return redirect("algorithms:detail", pk=algorithm.pk)


def _facts(algorithm: Algorithm) -> list[tuple[str, str]]:
    """The model facts that are more than a line, each with its heading."""
    names = (
        ("mechanism", "How it works"),
        ("intended_use", "Intended use"),
        ("validation", "Validation and performance"),
        ("directions", "Uses and directions"),
        ("warnings", "Warnings"),
        ("publications", "Publications"),
    )
    return [(label, getattr(algorithm, name)) for name, label in names if getattr(algorithm, name)]


def rights(request: HttpRequest, algorithm: Algorithm) -> dict[str, Any]:
    """Return what the user may do, for the template."""
    return {
        f"can_{action}": ALGORITHMS.allows(request.user, algorithm, action)
        for action in ("run", "change", "manage")
    }
