"""What a study is made of: cases and questions."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.core.forms import add_errors
from archives.selectors import archives_for, get_archive_for
from reader_studies import selectors, services
from reader_studies.forms import ItemsForm, QuestionChangeForm, QuestionForm


@login_required
def add_cases(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose an archive, then its cases, as display sets."""
    study = selectors.get_study_for(request.user, pk, action="change")
    chosen = request.GET.get("archive", "")
    if not chosen:
        archives = archives_for(request.user)
        return render(
            request, "reader_studies/choose_archive.html", {"study": study, "archives": archives}
        )
    archive = get_archive_for(request.user, chosen, action="use")
    form = ItemsForm(request.POST or None, archive=archive)
    if request.method == "POST" and form.is_valid():
        made = services.add_display_sets(
            actor=cast(User, request.user), study=study, items=form.cleaned_data["items"]
        )
        messages.success(request, f"{len(made)} cases added.")
        return redirect("reader_studies:detail", pk=study.pk)
    context = {"study": study, "archive": archive, "form": form}
    return render(request, "reader_studies/add_cases.html", context)


@login_required
def add_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add a question."""
    study = selectors.get_study_for(request.user, pk, action="change")
    form = QuestionForm(request.POST or None, user=cast(User, request.user))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_question(actor=cast(User, request.user), study=study, **form.values())
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The question is added.")
            return redirect("reader_studies:detail", pk=study.pk)
    return render(request, "reader_studies/add_question.html", {"study": study, "form": form})


@login_required
def edit_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a question; what it asks of answers stays once there are some."""
    question = selectors.get_question_for(request.user, pk, action="change")
    actor = cast(User, request.user)
    form = QuestionChangeForm(request.POST or None, instance=question, user=actor)
    if request.method == "POST" and form.is_valid():
        changes = form.values()
        question.refresh_from_db()
        try:
            services.update_question(actor=actor, question=question, **changes)
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "Your changes are saved.")
            return redirect("reader_studies:detail", pk=question.study_id)
    context = {"study": question.study, "question": question, "form": form}
    return render(request, "reader_studies/edit_question.html", context)


@login_required
@require_POST
def delete_case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a display set that nobody has answered."""
    display_set = selectors.get_display_set_for(request.user, pk, action="change")
    services.delete_display_set(actor=cast(User, request.user), display_set=display_set)
    messages.success(request, "The case is removed from the study.")
    return redirect("reader_studies:detail", pk=display_set.study_id)


@login_required
@require_POST
def delete_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a question that nobody has answered."""
    question = selectors.get_question_for(request.user, pk, action="change")
    services.delete_question(actor=cast(User, request.user), question=question)
    messages.success(request, "The question is removed.")
    return redirect("reader_studies:detail", pk=question.study_id)
