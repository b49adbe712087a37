"""The questions of registration: written by organizers."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.registration_forms import QuestionForm
from app.challenges.views.challenges import rights
from app.core.errors import Conflict, ValidationFailed
from app.core.forms import add_errors, changed_values


@login_required
def questions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the questions, and add one."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_question(
                actor=cast(User, request.user), challenge=challenge, **form.cleaned_data
            )
        except ValidationFailed as error:
            add_errors(form, error)
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "Whoever wants to take part is asked this from now on.")
            return redirect("challenges:questions", pk=challenge.pk)
    context = {
        "challenge": challenge,
        "form": form,
        "questions": challenge.registration_questions.all(),
        **rights(request, challenge),
    }
    return render(request, "challenges/questions.html", context)


@login_required
def edit_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a question."""
    question = selectors.get_question_for(request.user, pk)
    form = QuestionForm(request.POST or None, instance=question)
    if request.method == "POST" and form.is_valid():
        question.refresh_from_db()
        try:
            services.change_question(
                actor=cast(User, request.user), question=question, **changed_values(form)
            )
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Your changes are saved.")
            return redirect("challenges:questions", pk=question.challenge_id)
    context = {"form": form, "question": question, "challenge": question.challenge}
    return render(request, "challenges/question_form.html", context)


@login_required
@require_POST
def delete_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a question no longer."""
    question = selectors.get_question_for(request.user, pk)
    services.delete_question(actor=cast(User, request.user), question=question)
    messages.success(request, "This is not asked any more.")
    return redirect("challenges:questions", pk=question.challenge_id)
