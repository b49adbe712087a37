"""Pages of organizations."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import NotFound, ValidationFailed
from app.core.pages import list_page
from app.people import selectors, services
from app.people.forms import NewOrganizationForm, OrganizationForm
from app.people.models import Organization, OrganizationMember
from app.people.policies import ORGANIZATIONS


@login_required
def organization_list(request: HttpRequest) -> HttpResponse:
    """List the organizations."""
    page = list_page(
        request,
        selectors.organizations_for(request.user),
        search=("title", "description"),
        sorts=(("title", "Name"), ("country", "Country"), ("-people_count", "People")),
    )
    can_create = ORGANIZATIONS.may_create(request.user)
    return render(request, "people/organizations.html", {"list": page, "can_create": can_create})


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make an organization."""
    if not ORGANIZATIONS.may_create(request.user):
        raise NotFound
    form = NewOrganizationForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        given = {name: form.cleaned_data[name] for name in OrganizationForm.Meta.fields}
        try:
            with transaction.atomic():
                made = services.create_organization(
                    actor=actor, editor=form.cleaned_data["editor"], **given
                )
                _save_logo(form, actor=actor, organization=made)
        except ValidationFailed as error:
            _add_logo_errors(form, error)
        else:
            messages.success(request, "The organization is there. Add its people.")
            return redirect("people:organization_people", pk=made.pk)
    return render(request, "people/organization_form.html", {"form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an organization and its people."""
    organization = selectors.get_organization_for(request.user, pk)
    page = list_page(
        request,
        organization.memberships.select_related("user").filter(user__is_active=True),
        search=("user__username", "user__first_name", "user__last_name"),
        sorts=(("user__last_name", "Name"), ("role", "Role"), ("-created", "Newest")),
    )
    context = {"organization": organization, "list": page, **_rights(request, organization)}
    return render(request, "people/organization.html", context)


@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let editors say who belongs to it."""
    organization = selectors.get_organization_for(request.user, pk, action="manage")
    context = {
        "organization": organization,
        "members": organization.memberships.select_related("user"),
        "roles": OrganizationMember.Role.choices,
        **_rights(request, organization),
    }
    return render(request, "people/organization_people.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change an organization."""
    organization = selectors.get_organization_for(request.user, pk, action="change")
    form = OrganizationForm(request.POST or None, request.FILES or None, instance=organization)
    if request.method == "POST" and form.is_valid():
        organization.refresh_from_db()
        actor = cast(User, request.user)
        try:
            with transaction.atomic():
                services.update_organization(
                    actor=actor, organization=organization, **form.changes()
                )
                _save_logo(form, actor=actor, organization=organization)
        except ValidationFailed as error:
            _add_logo_errors(form, error)
        else:
            messages.success(request, "Your changes are saved.")
            return redirect("people:organization", pk=pk)
    context = {"form": form, "organization": organization, **_rights(request, organization)}
    return render(request, "people/organization_form.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete an organization after its name was typed."""
    organization = selectors.get_organization_for(request.user, pk, action="delete")
    services.delete_organization(actor=cast(User, request.user), organization=organization)
    messages.success(request, f"“{organization.title}” is deleted.")
    return redirect("people:organizations")


def _save_logo(form: OrganizationForm, *, actor: User, organization: Organization) -> None:
    if form.cleaned_data["logo"]:
        services.set_logo(actor=actor, organization=organization, data=form.cleaned_data["logo"])
    elif form.cleaned_data.get("remove_logo"):
        services.remove_logo(actor=actor, organization=organization)


def _add_logo_errors(form: Any, error: ValidationFailed) -> None:
    for name, complaints in error.fields.items():
        for complaint in complaints:
            form.add_error("logo" if name == "picture" else None, complaint)


def _rights(request: HttpRequest, organization: Organization) -> dict[str, bool]:
    return {
        f"can_{action}": ORGANIZATIONS.allows(request.user, organization, action)
        for action in ("change", "manage", "delete")
    }
