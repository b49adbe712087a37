"""The API of organizations."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.filters import Filter
from app.core.api.views import ResourceViewSet, key_of
from app.people import selectors, services
from app.people.api.serializers import NewOrganizationSerializer, OrganizationSerializer
from app.people.models import Organization


class OrganizationViewSet(ResourceViewSet[Organization]):
    """Organizations that people belong to."""

    area = "account"
    queryset = Organization.objects.none()
    serializer_class = OrganizationSerializer
    filters = {
        "slug": Filter("slug"),
        "title": Filter("title"),
        "country": Filter("country", says="Only those of the country with this code."),
    }
    ordering_fields = ("title", "created", "modified")

    def get_queryset(self) -> QuerySet[Organization]:
        """Return the organizations."""
        return selectors.organizations_for(self.request.user)

    def find(self, pk: Any, action: str) -> Organization:
        """Return the organization."""
        return selectors.get_organization_for(self.request.user, pk, action=action)

    @extend_schema(request=NewOrganizationSerializer, responses={201: OrganizationSerializer})
    def create(self, request: Request) -> Response:
        """Make an organization (administrators only); the caller is its editor."""
        given = self.checked(NewOrganizationSerializer)
        made = services.create_organization(actor=cast(User, request.user), **given)
        return self.shown(made, status=201)

    @extend_schema(request=NewOrganizationSerializer, responses=OrganizationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an organization."""
        organization = self.find(key_of(pk), "change")
        given = self.checked(NewOrganizationSerializer, partial=True)
        return self.shown(
            services.update_organization(
                actor=cast(User, request.user), organization=organization, **given
            )
        )
