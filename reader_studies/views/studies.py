"""Lists and pages of studies."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.core.forms import changed_values
from app.core.pages import list_page
from reader_studies import selectors, services
from reader_studies.forms import StudyForm
from reader_studies.models import ReaderStudy, ReaderStudyMember
from reader_studies.policies import READER_STUDIES


@login_required
def study_list(request: HttpRequest) -> HttpResponse:
    """List the studies that the user takes part in."""
    page = list_page(
        request,
        selectors.studies_for(request.user),
        search=("title", "description"),
        sorts=(("title", "Title"), ("-modified", "Last changed")),
    )
    progress = selectors.progress_in(page.items, reader=cast(User, request.user))
    for study in page.items:
        study.progress = progress[study.pk]
    return render(request, "reader_studies/list.html", {"list": page})


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make a study."""
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        study = services.create_study(actor=cast(User, request.user), **form.cleaned_data)
        messages.success(request, "The study is made. Add cases and questions next.")
        return redirect("reader_studies:detail", pk=study.pk)
    return render(request, "reader_studies/form.html", {"form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a study: to readers what to do, to editors what it is made of."""
    study = selectors.get_study_for(request.user, pk)
    user = cast(User, request.user)
    finished = selectors.finished_sets(study, reader=user)
    display_sets = list(study.display_sets.prefetch_related("values__image__files"))
    context = {
        "study": study,
        "display_sets": display_sets,
        "finished": finished,
        "questions": selectors.questions_of(study),
        "progress": selectors.progress_of(study, reader=user),
        **rights(request, study),
    }
    return render(request, "reader_studies/detail.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a study's texts and rules."""
    study = selectors.get_study_for(request.user, pk, action="change")
    form = StudyForm(request.POST or None, instance=study)
    if request.method == "POST" and form.is_valid():
        study.refresh_from_db()
        actor = cast(User, request.user)
        services.update_study(actor=actor, study=study, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("reader_studies:detail", pk=study.pk)
    return render(request, "reader_studies/form.html", {"form": form, "study": study})


@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the readers and editors, and let editors change them."""
    study = selectors.get_study_for(request.user, pk)
    context = {
        "study": study,
        "members": study.memberships.select_related("user"),
        "roles": ReaderStudyMember.Role.choices,
        **rights(request, study),
    }
    return render(request, "reader_studies/people.html", context)


def rights(request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    """Return what the user may do, for the template."""
    return {
        f"can_{action}": READER_STUDIES.allows(request.user, study, action)
        for action in ("read", "change", "statistics", "manage")
    }
