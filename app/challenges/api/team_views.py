"""The API of teams and of invitations to them."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.challenges import selectors, services, teams
from app.challenges.api import team_serializers as serializers
from app.challenges.models import Team, TeamInvitation, TeamMember
from app.core.api.filters import KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import ValidationFailed


class TeamViewSet(ResourceViewSet[Team]):
    """Teams of the challenges that the caller may view."""

    area = "challenges"
    queryset = Team.objects.none()
    serializer_class = serializers.TeamSerializer
    filters = {"challenge": KeyFilter("challenge")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[Team]:
        """Return the visible teams."""
        return teams.teams_for(self.request.user)

    def find(self, pk: Any, action: str) -> Team:
        """Return the team."""
        return teams.get_team_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewTeamSerializer, responses={201: serializers.TeamSerializer}
    )
    def create(self, request: Request) -> Response:
        """Make a team; the caller becomes its captain."""
        given = self.checked(serializers.NewTeamSerializer)
        actor = cast(User, request.user)
        challenge = selectors.get_challenge_for(actor, key_of(given["challenge"]), action="submit")
        made = services.create_team(actor=actor, challenge=challenge, title=given["title"])
        return self.shown(made, status=201)

    @extend_schema(request=serializers.RenamedTeamSerializer, responses=serializers.TeamSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a team."""
        team = self.find(key_of(pk), "lead")
        given = self.checked(serializers.RenamedTeamSerializer, partial=True)
        if given:
            services.rename_team(actor=cast(User, request.user), team=team, **given)
        return self.shown(team)

    @extend_schema(
        request=serializers.InviteSerializer, responses={201: serializers.InvitationSerializer}
    )
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, pk: str) -> Response:
        """Ask a participant to join."""
        team = self.find(key_of(pk), "lead")
        given = self.checked(serializers.InviteSerializer)
        made = services.invite(actor=cast(User, request.user), team=team, name=given["name"])
        return self.shown(made, status=201, by=serializers.InvitationSerializer)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """Leave a team."""
        team = self.find(key_of(pk), "leave")
        services.leave_team(actor=cast(User, request.user), team=team)
        return Response(status=204)

    @extend_schema(request=serializers.MemberSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="remove-member")
    def remove_member(self, request: Request, pk: str) -> Response:
        """Take somebody out of a team."""
        team = self.find(key_of(pk), "lead")
        actor = cast(User, request.user)
        services.remove_member(actor=actor, team=team, user=self._member(team))
        return Response(status=204)

    @extend_schema(request=serializers.MemberSerializer, responses=serializers.TeamSerializer)
    @action(detail=True, methods=["post"], url_path="hand-on")
    def hand_on(self, request: Request, pk: str) -> Response:
        """Make another member captain."""
        team = self.find(key_of(pk), "lead")
        actor = cast(User, request.user)
        return self.shown(services.hand_on(actor=actor, team=team, user=self._member(team)))

    def _member(self, team: Team) -> User:
        name = self.checked(serializers.MemberSerializer)["member"]
        rows = TeamMember.objects.filter(team=team, user__username=name.replace("\x00", ""))
        found = rows.select_related("user").first()
        if found is None:
            raise ValidationFailed(fields={"member": ["Nobody of that name is in the team."]})
        return found.user


class TeamInvitationViewSet(ResourceViewSet[TeamInvitation]):
    """Open invitations that the caller got, and those of the caller's teams."""

    area = "challenges"
    queryset = TeamInvitation.objects.none()
    serializer_class = serializers.InvitationSerializer
    filters = {"team": KeyFilter("team"), "challenge": KeyFilter("team__challenge")}
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[TeamInvitation]:
        """Return the visible invitations."""
        return teams.invitations_for(self.request.user)

    def find(self, pk: Any, action: str) -> TeamInvitation:
        """Return the invitation."""
        return teams.get_invitation_for(self.request.user, pk, action=action)

    @extend_schema(request=None, responses=serializers.InvitationSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Join the team."""
        invitation = self.find(key_of(pk), "answer")
        services.accept_invitation(actor=cast(User, request.user), invitation=invitation)
        return self.shown(invitation)

    @extend_schema(request=None, responses=serializers.InvitationSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Say no."""
        invitation = self.find(key_of(pk), "answer")
        services.decline_invitation(actor=cast(User, request.user), invitation=invitation)
        return self.shown(invitation)

    @extend_schema(request=None, responses=serializers.InvitationSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take an invitation back."""
        invitation = self.find(key_of(pk), "withdraw")
        services.withdraw_invitation(actor=cast(User, request.user), invitation=invitation)
        return self.shown(invitation)
