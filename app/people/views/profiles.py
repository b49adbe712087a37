"""What others see of a person, and the person's picture."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.accounts.services import remove_picture, set_picture
from app.core.errors import ValidationFailed
from app.core.forms import add_errors
from app.people import selectors
from app.people.forms import PictureForm


@login_required
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Show the public profile of a person to whoever is signed in."""
    found = selectors.get_person_for(request.user, username)
    context = {"person": found, "organizations": selectors.organizations_of(found)}
    return render(request, "people/person.html", context)


@login_required
def picture(request: HttpRequest) -> HttpResponse:
    """Choose a picture of oneself."""
    form = PictureForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_picture(user=cast(User, request.user), data=form.cleaned_data["picture"])
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Your picture is saved.")
            return redirect("accounts:profile")
    return render(request, "people/picture.html", {"form": form})


@login_required
@require_POST
def clear_picture(request: HttpRequest) -> HttpResponse:
    """Take the picture away."""
    remove_picture(user=cast(User, request.user))
    messages.success(request, "Your picture is removed. Others see your initials.")
    return redirect("people:picture")
