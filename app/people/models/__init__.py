"""Who people are: organizations, verifications, and what is done with their data."""

from app.people.models.data import Deletion, PersonalExport
from app.people.models.organization import Organization, OrganizationMember
from app.people.models.verification import Verification

__all__ = ["Deletion", "Organization", "OrganizationMember", "PersonalExport", "Verification"]
