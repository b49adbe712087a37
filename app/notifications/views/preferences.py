"""How the user wants to hear of news."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.notifications.forms import PreferencesForm
from app.notifications.selectors import subscriptions_of
from app.notifications.services import choose_all


@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show and change when and about what the user gets e-mail."""
    user = request.user
    assert isinstance(user, User)
    form = PreferencesForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        choose_all(
            user=user, preference=form.cleaned_data["mail_preference"], mail=form.mail_by_kind()
        )
        messages.success(request, "Your choices are saved.")
        return redirect("notifications:settings")
    context = {"form": form, "subscriptions": subscriptions_of(user)}
    return render(request, "notifications/settings.html", context)
