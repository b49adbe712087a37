"""Who may see uploads: their owner, nobody else, not even administrators."""

from typing import Any

from django.db.models import QuerySet

from app.core.access import Policy
from app.uploads.models import UserUpload


class UploadPolicy(Policy[UserUpload]):
    """An upload is its owner's until an application takes it over."""

    model = UserUpload

    def visible_to(self, user: Any) -> QuerySet[UserUpload]:
        """Return the user's own uploads."""
        if not user.is_authenticated:
            return UserUpload.objects.none()
        return UserUpload.objects.filter(owner_id=user.pk)

    def allows(self, user: Any, obj: UserUpload, action: str) -> bool:
        """Tell whether the upload is the user's own."""
        return bool(user.is_authenticated and obj.owner_id == user.pk)


policy = UploadPolicy()
