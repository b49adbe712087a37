"""Pages of viewer configurations, and of one's own settings."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page
from viewer import services
from viewer.forms import ConfigurationForm, SettingsForm
from viewer.models import ViewerPreferences
from viewer.policies import CONFIGURATIONS
from viewer.services.configurations import UNVERIFIED


@login_required
@require_safe
def configuration_list(request: HttpRequest) -> HttpResponse:
    """List the viewer configurations of everybody."""
    page = list_page(
        request,
        CONFIGURATIONS.visible_to(request.user).select_related("creator"),
        search=("title", "description", "slug"),
        sorts=(("title", "Title"), ("-created", "Newest")),
    )
    context = {"list": page, "can_create": CONFIGURATIONS.may_create(request.user)}
    return render(request, "viewer/configurations.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what a configuration changes."""
    configuration = fetch(CONFIGURATIONS, user=request.user, pk=pk)
    context = {
        "configuration": configuration,
        "can_change": CONFIGURATIONS.allows(request.user, configuration, "change"),
    }
    return render(request, "viewer/configuration.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a viewer configuration."""
    if not CONFIGURATIONS.may_create(request.user):
        raise NotFound(UNVERIFIED, advice="Ask to be verified on the page of your profile.")
    form = ConfigurationForm(request.POST or None, settings={})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_configuration(actor=cast(User, request.user), **form.values())
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The viewer configuration is made. Everybody can use it.")
            return redirect(made)
    return render(request, "viewer/configuration_form.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a viewer configuration."""
    configuration = fetch(CONFIGURATIONS, user=request.user, pk=pk, action="change")
    now = {"title": configuration.title, "description": configuration.description}
    form = ConfigurationForm(request.POST or None, settings=configuration.settings, initial=now)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            services.change_configuration(actor=actor, configuration=configuration, **form.values())
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Saved. It holds for whoever opens a case from now on.")
            return redirect(configuration)
    context = {"form": form, "configuration": configuration}
    return render(request, "viewer/configuration_form.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a viewer configuration that is not in use."""
    configuration = fetch(CONFIGURATIONS, user=request.user, pk=pk, action="change")
    services.delete_configuration(actor=cast(User, request.user), configuration=configuration)
    messages.success(request, f"“{configuration.title}” is deleted.")
    return redirect("viewer:configurations")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Set how the viewer behaves for oneself, before what a study says."""
    user = cast(User, request.user)
    found = ViewerPreferences.objects.filter(user=user).first()
    form = SettingsForm(request.POST or None, settings=found.settings if found else {})
    if request.method == "POST" and form.is_valid():
        try:
            services.save_preferences(user=user, settings=form.settings())
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Saved. The viewer works this way from now on.")
            return redirect("viewer:preferences")
    return render(request, "viewer/preferences.html", {"form": form})
