"""Shapes of teams, invitations, grants, and how the caller stands in a phase."""

from typing import Any

from rest_framework import serializers

from app.challenges.limits import Allowance, UnderWay
from app.challenges.models import Grant, Team, TeamInvitation
from app.core.api.fields import KeyField, LinkField
from app.core.api.pages import PageField


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team and its people by user name."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:team-detail", source="*", read_only=True)
    challenge = LinkField("api:challenge-detail", source="challenge_id", read_only=True)
    captain = serializers.CharField(source="captain.username", read_only=True)
    members = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ("pk", "api_url", "challenge", "title", "captain", "members", "created")
        read_only_fields = fields

    def get_members(self, team: Team) -> list[str]:
        """Return the user names, the longest-standing first."""
        return [member.user.username for member in team.members.all()]


class NewTeamSerializer(serializers.Serializer[Any]):
    """A team to make; the caller becomes its captain."""

    challenge = LinkField("api:challenge-detail")
    title = serializers.CharField(max_length=60)


class RenamedTeamSerializer(serializers.Serializer[Any]):
    """A team's new name."""

    title = serializers.CharField(max_length=60)


class InviteSerializer(serializers.Serializer[Any]):
    """Whom to invite: user name or e-mail address."""

    name = serializers.CharField(max_length=254)


class MemberSerializer(serializers.Serializer[Any]):
    """A member, by user name."""

    member = serializers.CharField(max_length=150)


class InvitationSerializer(serializers.ModelSerializer[TeamInvitation]):
    """An invitation to a team."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:team-invitation-detail", source="*", read_only=True)
    url = PageField("challenges:teams", source="team.challenge_id")
    team = LinkField("api:team-detail", source="team_id", read_only=True)
    user = serializers.CharField(source="user.username", read_only=True)
    state = serializers.CharField(read_only=True)

    class Meta:
        model = TeamInvitation
        fields = ("pk", "api_url", "url", "team", "user", "state", "created")
        read_only_fields = fields


class AllowanceSerializer(serializers.Serializer[Allowance]):
    """What is left of one limit; ``days`` is empty where it is for the whole phase."""

    most = serializers.IntegerField(source="limit.most")
    days = serializers.IntegerField(source="limit.days", allow_null=True)
    used = serializers.IntegerField()
    left = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)


class UnderWaySerializer(serializers.Serializer[UnderWay]):
    """How many submissions are being evaluated, of at most ``most`` at a time."""

    most = serializers.IntegerField()
    count = serializers.IntegerField()


class StandingSerializer(serializers.Serializer[Any]):
    """How the caller, or their team, stands in a phase."""

    team = LinkField("api:team-detail", source="team.pk", default=None, allow_null=True)
    may_submit = serializers.BooleanField()
    left = serializers.IntegerField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    missing_parent = LinkField(
        "api:phase-detail", source="missing_parent.pk", default=None, allow_null=True
    )
    successful = AllowanceSerializer(source="allowances.successful", default=None, allow_null=True)
    attempted = AllowanceSerializer(source="allowances.attempted", default=None, allow_null=True)
    under_way = UnderWaySerializer(allow_null=True)


class NewGrantSerializer(serializers.Serializer[Any]):
    """More submissions for whoever takes part as one with this person."""

    user = serializers.CharField(max_length=254)
    amount = serializers.IntegerField(min_value=1, max_value=1000)
    reason = serializers.CharField(max_length=300)


class GrantSerializer(serializers.ModelSerializer[Grant]):
    """Submissions that were granted."""

    pk = KeyField(read_only=True)
    phase = LinkField("api:phase-detail", source="phase_id", read_only=True)
    entrant = serializers.CharField(source="entrant.display_name", read_only=True)

    class Meta:
        model = Grant
        fields = ("pk", "phase", "entrant", "amount", "reason", "created")
        read_only_fields = fields
