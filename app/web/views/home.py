"""The first page: what there is for whoever is signed in."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from algorithms.selectors import algorithms_for, runs_for
from app.challenges.selectors import challenges_for, submissions_for
from app.images.models import Import
from archives.selectors import archives_for
from reader_studies.models import ReaderStudy
from reader_studies.selectors import Progress, progress_in, studies_for


@dataclass(frozen=True)
class Reading:
    """A study and how far the user is in it."""

    study: ReaderStudy
    progress: Progress


def home(request: HttpRequest) -> HttpResponse:
    """Show the dashboard, or the welcome page to a visitor."""
    if not request.user.is_authenticated:
        return redirect("accounts:sign_in")
    user = request.user
    studies = list(studies_for(user).order_by("-modified")[:5])
    progress = progress_in(studies, reader=user)
    context = {
        "greeting": f"Hello, {user.first_name or user.username}",
        "archives": archives_for(user).order_by("-modified")[:5],
        "readings": [Reading(study, progress[study.pk]) for study in studies],
        "algorithms": algorithms_for(user).order_by("-modified")[:5],
        "challenges": challenges_for(user).order_by("-modified")[:5],
        "runs": runs_for(user).order_by("-created")[:5],
        "imports": Import.objects.filter(owner=user).order_by("-created")[:5],
        "submissions": submissions_for(user).order_by("-created")[:5],
    }
    return render(request, "web/home.html", context)
