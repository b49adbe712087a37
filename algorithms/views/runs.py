"""Trying an algorithm out, and the page of a run."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from algorithms import selectors, services
from algorithms.forms import TryOutForm
from algorithms.policies import RUNS
from algorithms.views.algorithms import rights
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import ValidationFailed
from app.execution.models import Job
from app.execution.selectors import queue_place, waiting_reason
from app.execution.services import cancel_job
from archives.selectors import archives_for, get_archive_for


@login_required
def try_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose an archive, then cases, and run."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="run")
    context = {"algorithm": algorithm, "active": selectors.active_version(algorithm)}
    chosen = request.GET.get("archive", "")
    if not chosen:
        archives = archives_for(request.user).exclude(items=None)
        return render(request, "algorithms/choose_archive.html", {**context, "archives": archives})
    archive = get_archive_for(request.user, chosen, action="use")
    form = TryOutForm(request.POST or None, items=archive.items.all())
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["items"]
        try:
            runs = services.start_try_outs(
                actor=cast(User, request.user), algorithm=algorithm, items=chosen
            )
        except ValidationFailed as error:
            form.add_error("items", f"{error.message} {error.advice}")
        else:
            if len(runs) == 1:
                return redirect("algorithms:run", pk=runs[0].pk)
            messages.success(request, f"{len(runs)} runs are queued.")
            return redirect("algorithms:detail", pk=algorithm.pk)
    return render(request, "algorithms/try_out.html", {**context, "archive": archive, "form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a run: where it is, its log as it grows, and its results."""
    run = selectors.get_run_for(request.user, pk)
    job = run.job
    if job.log and not request.headers.get("HX-Request"):  # following it is one look
        record("algorithms.log.read", obj=run, actor=request.user)
    finished = job.state in Job.MACHINE.final
    context = {
        "run": run,
        "job": job,
        "finished": finished,
        "place": None if finished else queue_place(job),
        "waiting": None if finished else waiting_reason(job),
        "inputs": selectors.inputs_for_eyes_of(request.user, run),
        "outputs": job.outputs.select_related("socket", "image"),
        "can_cancel": not finished and RUNS.allows(request.user, run, "cancel"),
        **rights(request, run.version.algorithm),
    }
    return render(request, "algorithms/run.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a run; its container is killed."""
    run = selectors.get_run_for(request.user, pk, action="cancel")
    cancel_job(actor=cast(User, request.user), job=run.job)
    messages.success(request, "The run is being stopped.")
    return redirect("algorithms:run", pk=run.pk)
