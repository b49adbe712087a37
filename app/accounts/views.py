"""The own profile, and the people of an object."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from app.accounts.forms import PersonForm, ProfileForm
from app.accounts.models import User
from app.accounts.registry import people_policy
from app.accounts.services import grant_role, revoke_role, update_profile
from app.core.access import fetch
from app.core.forms import changed_values


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the own profile."""
    assert isinstance(request.user, User)
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        update_profile(user=request.user, **changed_values(form))
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@login_required
@require_POST
def add_person(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Give a person a role on an object that the user may manage."""
    policy = people_policy(key)
    obj = fetch(policy, user=request.user, pk=pk, action="manage")
    form = PersonForm(request.POST)
    if form.is_valid():
        person = form.cleaned_data["username"]
        actor = request.user
        assert isinstance(actor, User)
        grant_role(policy, actor=actor, obj=obj, user=person, role=form.cleaned_data["role"])
        messages.success(request, f"{person.display_name} now has access.")
    else:
        for errors in form.errors.values():
            for error in errors:
                messages.error(request, str(error))
    return _back(request)


@login_required
@require_POST
def remove_person(request: HttpRequest, key: str, pk: UUID, user_pk: int) -> HttpResponse:
    """Take a person's role on an object away."""
    policy = people_policy(key)
    obj = fetch(policy, user=request.user, pk=pk, action="manage")
    person = User.objects.filter(pk=user_pk).first()
    if person is not None:
        assert isinstance(request.user, User)
        revoke_role(policy, actor=request.user, obj=obj, user=person)
        messages.success(request, f"{person.display_name} no longer has access.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    return HttpResponseRedirect(target)
