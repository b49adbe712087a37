"""The page of a run: where it is, its log as it grows, its results, and what can be done."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from algorithms import progress, run_selectors, selectors, services
from algorithms.display import has_image
from algorithms.models import AlgorithmRun, RunMember
from algorithms.policies import RUNS
from algorithms.provenance import record_of
from algorithms.run_forms import AgainForm, RunForm
from algorithms.views.algorithms import rights
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import PortalError
from app.core.forms import changed_values
from app.execution.selectors import job_log, prospects, waiting_reason

_ACTIONS = ("cancel", "repeat", "change", "manage")


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a run."""
    run = selectors.get_run_for(request.user, pk)
    job = run.job
    if job.log and not request.headers.get("HX-Request"):  # following it is one look
        record("algorithms.log.read", obj=run, actor=request.user)
    text, end = job_log(job)
    inputs = selectors.inputs_for_eyes_of(request.user, run)
    outputs = job.outputs.select_related("socket", "image").prefetch_related("image__files")
    context = _live(run) | {
        "log_text": text,
        "log_end": end,
        "inputs": inputs,
        "imports": run_selectors.imports_behind(request.user, run),
        "outputs": outputs,
        "viewable": has_image([*inputs, *outputs]),
        "roles": RunMember.Role.choices,
        "reproductions": run_selectors.reproductions_of(run),
        "repeats": _visible(request, run.repeats),
        "repeated_by": run_selectors.visible_runs(request.user).filter(repeats=run)[:10],
        **{f"may_{action}": RUNS.allows(request.user, run, action) for action in _ACTIONS},
        **run_selectors.readers_of(run),
        **rights(request, run.version.algorithm),
    }
    return render(request, "algorithms/run.html", context)


@login_required
def live(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer what has changed since the page last asked; the whole once the run has ended.

    ``after`` is how far the page's log goes, ``said`` what its listener heard last.
    """
    run = selectors.get_run_for(request.user, pk)
    text, end = job_log(run.job, after=progress.log_position(request.GET.get("after", "")))
    context = _live(run) | {"log_text": text, "log_end": end}
    context["changed"] = request.GET.get("said", "") != context["said"]
    return render(request, "algorithms/_run_live.html", context)


@login_required
def log_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Download the log."""
    run = selectors.get_run_for(request.user, pk, action="log")
    record("algorithms.log.read", obj=run, actor=request.user)
    response = HttpResponse(job_log(run.job)[0], content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.log"'
    return response


@login_required
def record_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Download where the results come from: digests, limits, times; enough to run it again."""
    run = selectors.get_run_for(request.user, pk)
    response = JsonResponse(record_of(request.user, run), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.json"'
    return response


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a run, or doing it again; its container is killed."""
    run = selectors.get_run_for(request.user, pk, action="cancel")
    services.cancel_run(actor=cast(User, request.user), run=run)
    messages.success(request, "The run is being stopped.")
    return redirect("algorithms:run", pk=run.pk)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change what a run is called, what is noted of it, and whether editors see it."""
    run = selectors.get_run_for(request.user, pk, action="change")
    form = RunForm(request.POST or None, instance=run)
    if request.method == "POST" and form.is_valid():
        run.refresh_from_db()
        services.change_run(actor=cast(User, request.user), run=run, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("algorithms:run", pk=run.pk)
    return render(request, "algorithms/run_form.html", {"form": form, "run": run})


@login_required
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Run once more on the same inputs, with the version that is chosen."""
    run = selectors.get_run_for(request.user, pk, action="repeat")
    algorithm = selectors.get_algorithm_for(request.user, run.version.algorithm_id, action="run")
    versions = selectors.runnable_versions_of(algorithm)
    form = AgainForm(request.POST or None, versions=versions)
    user = cast(User, request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.rerun(actor=user, run=run, version=form.cleaned_data["version"])
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}".strip())
        else:
            return redirect("algorithms:run", pk=made.pk)
    version = selectors.active_version(algorithm) or run.version
    context = {
        "form": form,
        "run": run,
        "algorithm": algorithm,
        "version": version,
        "allowance": services.allowance(user=user, version=version),
        "forecast": run_selectors.forecast(version, user=user),
    }
    return render(request, "algorithms/again.html", context)


@login_required
@require_POST
def reproduce(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do the run again from its record, to compare what comes out."""
    run = selectors.get_run_for(request.user, pk, action="repeat")
    selectors.get_algorithm_for(request.user, run.version.algorithm_id, action="run")
    services.start_reproduction(actor=cast(User, request.user), run=run)
    messages.success(request, "The run is done again; the outputs are compared when it ends.")
    return redirect("algorithms:run", pk=run.pk)


def _live(run: AlgorithmRun) -> dict[str, Any]:
    """Return what the live part of the page shows."""
    job = run.job
    finished = job.is_finished
    stands = prospects(job)
    place, start = stands.place, stands.start
    return {
        "run": run,
        "job": job,
        "finished": finished,
        "place": place,
        "expected": None if start is None else max(start - timezone.now(), timedelta()),
        "waiting": None if finished else waiting_reason(job),
        "steps": progress.steps_of(job),
        "elapsed": progress.elapsed(job),
        "took": progress.took(job) if job.is_warm else None,
        "limits": progress.limits_in_words(job),
        "usage": progress.usage_of(job),
        "said": progress.spoken(job, place=place),
    }


def _visible(request: HttpRequest, run: AlgorithmRun | None) -> AlgorithmRun | None:
    if run is None:
        return None
    return run_selectors.visible_runs(request.user).filter(pk=run.pk).first()
