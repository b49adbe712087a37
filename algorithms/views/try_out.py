"""Trying an algorithm out: on cases of an archive, or on files and values given right there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from algorithms import run_selectors, selectors, services
from algorithms.input_fields import InputsForm, uploaded
from algorithms.models import (
    AlgorithmEndpoint,
    AlgorithmInterface,
    AlgorithmRun,
    AlgorithmVersion,
)
from algorithms.services.planning import CasePlan
from app.accounts.models import User
from app.core.errors import LimitReached, ValidationFailed
from app.core.forms import add_errors
from app.core.ids import new_id
from app.core.pages import list_page
from app.sockets.models import Socket
from archives.models import Archive, ArchiveItem
from archives.selectors import archives_for, get_archive_for

PAGE = 24
UPLOAD = "upload"


@login_required
def try_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose where the inputs come from, then give them, and run."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="run")
    version = selectors.active_version(algorithm)
    if version is None:
        return render(request, "algorithms/try_out_none.html", {"algorithm": algorithm})
    asked = request.GET.get("interface", "")
    interface = run_selectors.chosen_interface(algorithm, asked)
    context = _context(request, version, interface) | {"chosen_interface": asked}
    chosen = request.GET.get("archive", "")
    only_values = _first_image(interface) is None and not chosen
    if only_values or request.GET.get("source", "") == UPLOAD:
        return _by_hand(request, version, interface, context)
    if not chosen:
        archives = archives_for(request.user).exclude(items=None)
        return render(request, "algorithms/choose_archive.html", {**context, "archives": archives})
    archive = get_archive_for(request.user, chosen, action="use")
    return _by_case(request, version, interface, {**context, "archive": archive})


def _context(
    request: HttpRequest, version: AlgorithmVersion, interface: AlgorithmInterface
) -> dict[str, Any]:
    """What every step shows: what a run costs, what is left, how long it takes."""
    user = cast(User, request.user)
    return {
        "algorithm": version.algorithm,
        "version": version,
        "interface": interface,
        "interfaces": list(selectors.interfaces_of(version.algorithm)),
        "allowance": services.allowance(user=user, version=version),
        "forecast": run_selectors.forecast(version, user=user),
        "warm": _warm(user, version),
    }


def _warm(user: User, version: AlgorithmVersion) -> AlgorithmEndpoint | None:
    """Return what the user keeps warm of the version that runs, if it takes calls."""
    found = selectors.live_endpoint(user, version.algorithm)
    usable = found is not None and found.version_id == version.pk and found.endpoint.is_live
    return found if usable else None


def _by_hand(
    request: HttpRequest,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    context: dict[str, Any],
) -> HttpResponse:
    """Take every input from the form."""
    sockets = list(interface.inputs.all())
    form = InputsForm(request.POST or None, user=request.user, sockets=sockets, required=True)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            run = services.start_job(
                actor=actor,
                algorithm=version.algorithm,
                given=form.given(),
                endpoint=context["warm"],
            )
        except ValidationFailed as error:
            _blame(form, error)
        except LimitReached as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            return redirect("algorithms:run", pk=run.pk)
    return render(request, "algorithms/try_out_by_hand.html", {**context, "form": form})


def _by_case(
    request: HttpRequest,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    context: dict[str, Any],
) -> HttpResponse:
    """Run on the chosen cases; what a case lacks may be given by hand."""
    archive: Archive = context["archive"]
    others = _others(interface)
    form = InputsForm(request.POST or None, user=request.user, sockets=others, required=False)
    query = request.POST.get("q", "") if request.method == "POST" else request.GET.get("q", "")
    if request.method == "POST" and form.is_valid():
        answer = _start(request, version, interface, form, context | {"query": query})
        if answer is not None:
            return answer
    page = list_page(
        request,
        run_selectors.items_matching(archive, "").prefetch_related("values__image__files"),
        search=("title",),
        sorts=(("title", "Case"), ("-created", "Newest")),
        size=PAGE,
    )
    page = replace(
        page, params={"archive": str(archive.pk), "interface": context["chosen_interface"]}
    )
    user = cast(User, request.user)
    plans = services.plan_cases(user=user, version=version, interface=interface, items=page.items)
    shown = {
        "list": page,
        "plans": plans,
        "form": form,
        "fillable": {socket.pk for socket in others},
        "ticked": set(request.POST.getlist("items")),
        "own_fields": bool(others),
    }
    return render(request, "algorithms/try_out.html", {**context, **shown})


def _start(
    request: HttpRequest,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    form: InputsForm,
    context: dict[str, Any],
) -> HttpResponse | None:
    """Start what the form asks for; what cannot be started is said on the form."""
    archive: Archive = context["archive"]
    every = request.POST.get("scope") == "all"
    items = _chosen_items(request, archive, query=context["query"], every=every)
    if not items:
        form.add_error(None, "Choose at least one case.")
        return None
    files = [value for value in form.given() if uploaded(value)]
    if len(items) > 1:
        if files:
            form.add_error(None, "Files can be given for one case at a time.")
            return None
        return _many(request, version, interface, form, {**context, "items": items})
    try:
        if files:
            plan = _plan(request, version, interface, items, form)[0]
            return _with_files(request, version, form, plan, context["warm"])
        run = _one(request, interface, items, form, context)
    except ValidationFailed as error:
        _blame(form, error)
    except LimitReached as error:
        form.add_error(None, f"{error.message} {error.advice}")
    else:
        return redirect("algorithms:run", pk=run.pk)
    return None


def _one(
    request: HttpRequest,
    interface: AlgorithmInterface,
    items: Sequence[ArchiveItem],
    form: InputsForm,
    context: dict[str, Any],
) -> AlgorithmRun:
    """Run one case, in the container that the user keeps warm if there is one."""
    actor = cast(User, request.user)
    version: AlgorithmVersion = context["version"]
    warm: AlgorithmEndpoint | None = context["warm"]
    plan = _plan(request, version, interface, items, form)[0]
    if warm is not None and plan.possible:
        return services.call_endpoint(
            actor=actor, endpoint=warm, given=[], held=plan.values, item=plan.item
        )
    return services.start_try_outs(
        actor=actor,
        algorithm=version.algorithm,
        items=items,
        interface=interface,
        given=form.planned(),
    )[0]


def _with_files(
    request: HttpRequest,
    version: AlgorithmVersion,
    form: InputsForm,
    plan: CasePlan,
    warm: AlgorithmEndpoint | None,
) -> HttpResponse:
    """Run one case with files that it has nothing of."""
    given = form.given()
    theirs = {value.socket.pk for value in given}
    lacks = [socket for socket in plan.lacks if socket.pk not in theirs]
    if lacks:
        raise ValidationFailed(CasePlan(plan.item, lacks=lacks).problem)
    held = [value for value in plan.values if value.socket_id not in theirs]
    run = services.start_job(
        actor=cast(User, request.user),
        algorithm=version.algorithm,
        given=given,
        held=held,
        item=plan.item,
        endpoint=warm,
    )
    return redirect("algorithms:run", pk=run.pk)


def _many(
    request: HttpRequest,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    form: InputsForm,
    context: dict[str, Any],
) -> HttpResponse:
    """Say what many cases mean; start them once that is confirmed."""
    again = request.POST.get("again") == "on"
    plans = _plan(request, version, interface, context["items"], form)
    if request.POST.get("confirmed") == "yes":
        batch = services.start_batch(
            actor=cast(User, request.user),
            version=version,
            interface=interface,
            archive=context["archive"],
            plans=plans,
            given=form.planned(),
            again=again,
            pk=_key(request.POST.get("key", "")),
        )
        return redirect("algorithms:batch", pk=batch.pk)
    batch_plan = services.sort_plans(plans, again=again)
    allowance = context["allowance"]
    affordable = allowance.affordable
    short = 0 if affordable is None else max(0, len(batch_plan.to_run) - affordable)
    shown = {
        "plan": batch_plan,
        "price": allowance.price_of(len(batch_plan.to_run)),
        "short": short,
        "again": again,
        "sent": _sent_again(request),
        "key": new_id(),
    }
    return render(request, "algorithms/confirm_batch.html", {**context, **shown})


def _plan(
    request: HttpRequest,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    items: Sequence[ArchiveItem],
    form: InputsForm,
) -> list[CasePlan]:
    return services.plan_cases(
        user=cast(User, request.user),
        version=version,
        interface=interface,
        items=items,
        given=form.planned(),
    )


def _chosen_items(
    request: HttpRequest, archive: Archive, *, query: str, every: bool
) -> list[ArchiveItem]:
    if every:
        return list(run_selectors.items_matching(archive, query))
    keys = {key for key in map(_key, request.POST.getlist("items")) if key is not None}
    return list(run_selectors.items_matching(archive, "").filter(pk__in=keys))


def _sent_again(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what the form held, for the page that asks whether to start."""
    left_out = {"csrfmiddlewaretoken", "confirmed", "key"}
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in left_out
        for value in values
    ]


def _first_image(interface: AlgorithmInterface) -> Socket | None:
    """Return the input that a case is chosen for: the first image."""
    images = [socket for socket in interface.inputs.all() if socket.is_image]
    plain = [socket for socket in images if socket.kind == "IMG"]
    return next(iter(plain or images), None)


def _others(interface: AlgorithmInterface) -> list[Socket]:
    first = _first_image(interface)
    return [socket for socket in interface.inputs.all() if socket != first]


def _blame(form: InputsForm, error: ValidationFailed) -> None:
    """Put a service's complaint beside the inputs it is about."""
    placed = {f"input-{name}": messages for name, messages in error.fields.items()}
    if placed:
        add_errors(form, ValidationFailed(error.message, fields=placed))
    else:
        form.add_error(None, f"{error.message} {error.advice}".strip())


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
