"""Pages of teams: who is in which, and the buttons of joining, leaving and leading."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import selectors, services, teams
from app.challenges.forms import InviteForm, TeamForm
from app.challenges.models import Challenge, Team, TeamMember
from app.challenges.policies import TEAMS
from app.challenges.views.challenges import rights
from app.core.errors import NotFound, PortalError, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page


@login_required
def team_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the teams of a challenge, one's own first; a form makes one or invites into it."""
    challenge = selectors.get_challenge_for(request.user, pk)
    return _page(request, challenge)


@login_required
@require_POST
def create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a team."""
    challenge = selectors.get_challenge_for(request.user, pk, action="submit")
    form = TeamForm(request.POST)
    if form.is_valid():
        actor = cast(User, request.user)
        title = form.cleaned_data["title"]
        try:
            services.create_team(actor=actor, challenge=challenge, title=title)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Your team “{title}” is made. Invite others to it.")
            return redirect("challenges:teams", pk=challenge.pk)
    return _page(request, challenge, form)


@login_required
@require_POST
def invite(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a participant into a team."""
    team = teams.get_team_for(request.user, pk, action="lead")
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            services.invite(actor=cast(User, request.user), team=team, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}".strip())
        else:
            messages.success(request, "They are invited, and told so.")
            return redirect("challenges:teams", pk=team.challenge_id)
    return _page(request, team.challenge, form, team=team)


@login_required
@require_POST
def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Leave a team."""
    team = teams.get_team_for(request.user, pk, action="leave")
    services.leave_team(actor=cast(User, request.user), team=team)
    messages.success(request, f"You are no longer in the team “{team.title}”.")
    return redirect("challenges:teams", pk=team.challenge_id)


@login_required
@require_POST
def remove(request: HttpRequest, pk: UUID, user_pk: int) -> HttpResponse:
    """Take somebody out of a team."""
    team = teams.get_team_for(request.user, pk, action="lead")
    person = _member(team, user_pk)
    services.remove_member(actor=cast(User, request.user), team=team, user=person)
    messages.success(request, f"{person.display_name} is no longer in the team.")
    return redirect("challenges:teams", pk=team.challenge_id)


@login_required
@require_POST
def captain(request: HttpRequest, pk: UUID, user_pk: int) -> HttpResponse:
    """Hand the lead of a team on."""
    team = teams.get_team_for(request.user, pk, action="lead")
    person = _member(team, user_pk)
    services.hand_on(actor=cast(User, request.user), team=team, user=person)
    messages.success(request, f"{person.display_name} is captain now.")
    return redirect("challenges:teams", pk=team.challenge_id)


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Join the team that invited one."""
    invitation = teams.get_invitation_for(request.user, pk, action="answer")
    services.accept_invitation(actor=cast(User, request.user), invitation=invitation)
    messages.success(request, f"You are in the team “{invitation.team}” now.")
    return redirect("challenges:teams", pk=invitation.team.challenge_id)


@login_required
@require_POST
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say no to a team."""
    invitation = teams.get_invitation_for(request.user, pk, action="answer")
    services.decline_invitation(actor=cast(User, request.user), invitation=invitation)
    messages.success(request, "You have declined.")
    return redirect("challenges:teams", pk=invitation.team.challenge_id)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitation = teams.get_invitation_for(request.user, pk, action="withdraw")
    services.withdraw_invitation(actor=cast(User, request.user), invitation=invitation)
    messages.success(request, "The invitation is withdrawn.")
    return redirect("challenges:teams", pk=invitation.team.challenge_id)


def _page(
    request: HttpRequest,
    challenge: Challenge,
    form: InviteForm | TeamForm | None = None,
    *,
    team: Team | None = None,
) -> HttpResponse:
    """Show the teams, and ``team`` or else one's own before them."""
    page = list_page(
        request,
        teams.teams_in(challenge),
        search=("title", "members__user__username"),
        sorts=(("title", "Name"), ("-created", "Newest")),
        counted_with_rows=True,
    )
    members = teams.read_people(page.items, user=request.user, challenge=challenge, team=team)
    mine = team or (members[0].team if members else None)
    asked = list(teams.invitations_for(request.user).filter(team__challenge=challenge))
    context = {
        "challenge": challenge,
        "list": page,
        "mine": mine,
        "members": members,
        "leads": mine is not None and TEAMS.allows(request.user, mine, "lead"),
        "form": form or (InviteForm() if mine else TeamForm()),
        "invited": [one for one in asked if one.user_id == request.user.pk],
        "asked": [one for one in asked if mine and one.team_id == mine.pk],
        **rights(request, challenge),
    }
    return render(request, "challenges/teams.html", context)


def _member(team: Team, user_pk: int) -> User:
    row = TeamMember.objects.filter(team=team, user=user_pk).select_related("user").first()
    if row is None:
        raise NotFound
    return row.user
