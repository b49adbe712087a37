"""Adding, withdrawing and offering the interfaces of an algorithm."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from algorithms import selectors, services
from algorithms.forms import InterfaceForm
from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.core.forms import add_errors


@login_required
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add an interface."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="change")
    form = InterfaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_interface(
                actor=cast(User, request.user), algorithm=algorithm, **form.values()
            )
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The interface is added.")
            return redirect("algorithms:detail", pk=algorithm.pk)
    return render(request, "algorithms/add_interface.html", {"form": form, "algorithm": algorithm})


@login_required
@require_POST
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take no more runs through an interface."""
    interface = selectors.get_interface_for(request.user, pk, action="change")
    algorithm = interface.algorithm_id
    gone = services.remove_interface(actor=cast(User, request.user), interface=interface)
    words = "The interface is removed." if gone else "The interface is withdrawn; its results stay."
    messages.success(request, words)
    return redirect("algorithms:detail", pk=algorithm)


@login_required
@require_POST
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take runs through a withdrawn interface again."""
    interface = selectors.get_interface_for(request.user, pk, action="change")
    services.offer_interface(actor=cast(User, request.user), interface=interface)
    messages.success(request, "The interface is offered again.")
    return redirect("algorithms:detail", pk=interface.algorithm_id)
