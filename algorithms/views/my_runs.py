"""My runs and my credits; and what administrators give and ask."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from algorithms import run_selectors, selectors, services
from algorithms.models import AlgorithmRun, CreditCharge, RunTerms
from algorithms.progress import took
from algorithms.run_forms import GrantForm, TermsForm
from algorithms.services.credits import count_active, credits_left, current_grants, returning
from app.accounts.models import User
from app.core.errors import NotFound, PortalError, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page
from app.design.templatetags.components import list_filter
from app.execution.models import Job
from app.execution.services import cancel_job

_STATES = (
    ("", "All"),
    ("active", "Under way"),
    ("SUCCEEDED", "Succeeded"),
    ("FAILED", "Failed"),
    ("CANCELLED", "Cancelled"),
)
_ALGORITHM = "algorithm_run__version__algorithm"
_SINCE = (("", "Any time"), ("1", "Last day"), ("7", "Last week"), ("30", "Last 30 days"))


@login_required
def run_list(request: HttpRequest) -> HttpResponse:
    """List the user's runs; cancel chosen ones, or run failed ones again."""
    if request.method == "POST":
        return _act(request)
    state, days = request.GET.get("state", ""), request.GET.get("since", "")
    state = state if state in dict(_STATES) else ""
    days = days if days in dict(_SINCE) else ""
    mine = run_selectors.own_runs(request.user).defer(None).defer("job__log", "job__usage")
    algorithms = _algorithms(mine)
    algorithm = request.GET.get("algorithm", "")
    algorithm = algorithm if algorithm in dict(algorithms) else ""
    page = list_page(
        request,
        run_selectors.with_pictures(_narrowed(mine, state, days, algorithm)),
        search=("title", "comment", "version__algorithm__title"),
        sorts=(("-created", "Newest"), ("title", "Case")),
        chosen={"state": state, "since": days, "algorithm": algorithm},
    )
    for run in page.items:
        run.took = took(run.job)
    filters = (
        list_filter("state", "State", _STATES, state)
        + list_filter("algorithm", "Algorithm", (("", "All"), *algorithms), algorithm)
        + list_filter("since", "Started", _SINCE, days)
    )
    return render(request, "algorithms/runs.html", {"list": page, "filters": filters})


@login_required
def my_credits(request: HttpRequest) -> HttpResponse:
    """Show what is left, what comes back, and what each run took."""
    user = cast(User, request.user)
    page = list_page(
        request,
        CreditCharge.objects.filter(user=user).select_related(
            f"job__{_ALGORITHM}",
            f"job__reproduces__{_ALGORITHM}",
            "job__kept_warm__algorithm_endpoint__version__algorithm",
        ),
        search=("job__algorithm_run__title", f"job__{_ALGORITHM}__title"),
        sorts=(("-created", "Newest"),),
    )
    left, monthly = credits_left(user), settings.RUN_CREDITS_PER_MONTH
    context = {
        "list": page,
        "left": "No limit" if left is None else f"{left:,}",
        "monthly": f"{monthly:,}" if monthly else "No limit",
        "active": count_active(creator=user),
        "cap_words": f"of {settings.RUNS_PER_PERSON} runs at a time",
        "back": returning(user),
        "grants": current_grants(user),
        "may_grant": user.is_superuser,
    }
    return render(request, "algorithms/credits.html", context)


@login_required
def grant(request: HttpRequest) -> HttpResponse:
    """Give somebody more credits; administrators only."""
    user = _administrator(request)
    form = GrantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        person = given.pop("username")
        try:
            services.grant_credits(actor=user, user=person, **given)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, f"{person.display_name} has {given['amount']} credits more.")
            return redirect("algorithms:credits")
    context = {
        "form": form,
        "title": "Give credits",
        "lead": "They count from the first day to the last, on top of everybody's.",
        "back_url": reverse("algorithms:credits"),
    }
    return render(request, "algorithms/narrow_form.html", context)


@login_required
def terms(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what runs of an algorithm cost at least; administrators only."""
    user = _administrator(request)
    algorithm = selectors.get_algorithm_for(user, pk)
    held = RunTerms.objects.filter(algorithm=algorithm).first()
    form = TermsForm(request.POST or None, instance=held)
    if request.method == "POST" and form.is_valid():
        services.set_terms(actor=user, algorithm=algorithm, **form.cleaned_data)
        messages.success(request, "Your changes are saved.")
        return redirect("algorithms:detail", pk=algorithm.pk)
    context = {
        "form": form,
        "algorithm": algorithm,
        "title": "Terms of runs",
        "lead": "",
        "back_url": reverse("algorithms:detail", args=[algorithm.pk]),
    }
    return render(request, "algorithms/narrow_form.html", context)


def _act(request: HttpRequest) -> HttpResponse:
    """Cancel the chosen runs, or run those of them again that failed."""
    user = cast(User, request.user)
    runs = run_selectors.chosen_runs(user, request.POST.getlist("runs"))
    if request.POST.get("do") == "cancel":
        active = [run for run in runs if not run.job.is_finished]
        for run in active:
            cancel_job(actor=user, job=run.job)
        messages.success(request, f"{len(active)} run(s) are being stopped.")
    else:
        _run_again(request, [run for run in runs if run.job.state == Job.State.FAILED])
    return redirect("algorithms:runs")


def _run_again(request: HttpRequest, failed: list[AlgorithmRun]) -> None:
    started, user = 0, cast(User, request.user)
    try:
        for run in failed:
            selectors.get_algorithm_for(user, run.version.algorithm_id, action="run")
            services.rerun(actor=user, run=run)
            started += 1
    except PortalError as error:
        messages.error(request, f"{started} of {len(failed)} run again. {error} {error.advice}")
    else:
        messages.success(request, f"{started} run(s) run again.")


def _narrowed(
    runs: QuerySet[AlgorithmRun], state: str, days: str, algorithm: str
) -> QuerySet[AlgorithmRun]:
    if state == "active":
        runs = runs.exclude(job__state__in=Job.MACHINE.final)
    elif state:
        runs = runs.filter(job__state=state)
    if days:
        runs = runs.filter(created__gte=timezone.now() - timedelta(days=int(days)))
    return runs.filter(version__algorithm=UUID(algorithm)) if algorithm else runs


def _algorithms(runs: QuerySet[AlgorithmRun]) -> list[tuple[str, str]]:
    rows = runs.order_by("version__algorithm__title").values_list(
        "version__algorithm", "version__algorithm__title"
    )
    return [(str(pk), title) for pk, title in rows.distinct()[:200]]


def _administrator(request: HttpRequest) -> User:
    if not request.user.is_superuser:
        raise NotFound
    return request.user
