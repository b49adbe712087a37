"""Who may do what with images and imports."""

from typing import Any

from django.db.models import QuerySet

from app.core.access import Policy
from app.images.models import Image, Import, Quarantine


class ImagePolicy(Policy[Image]):
    """An image is seen from wherever it is used; nobody changes one."""

    model = Image

    def visible_to(self, user: Any) -> QuerySet[Image]:
        """Return the images visible through any use of them."""
        return Image.objects.visible_to(user)

    def allows(self, user: Any, obj: Image, action: str) -> bool:
        """Whoever sees one downloads it; `app.images.visibility` says who uses it elsewhere."""
        if action == "use":
            return Image.objects.usable_by(user).filter(pk=obj.pk).exists()
        return action in {"view", "download"}


class ImportPolicy(Policy[Import]):
    """An import belongs to whoever started it."""

    model = Import

    def visible_to(self, user: Any) -> QuerySet[Import]:
        """Return the user's own imports; administrators see all."""
        if not user.is_authenticated:
            return Import.objects.none()
        return Import.objects.all() if user.is_superuser else Import.objects.filter(owner=user)

    def allows(self, user: Any, obj: Import, action: str) -> bool:
        """The owner may look, cancel, try again and delete what was kept for that."""
        return action in {"view", "cancel", "retry", "discard"}


class QuarantinePolicy(Policy[Quarantine]):
    """What waits is seen by the reviewers of its place; once decided it is no longer there."""

    model = Quarantine

    def visible_to(self, user: Any) -> QuerySet[Quarantine]:
        """Return what the user may review and is not decided yet."""
        return Quarantine.objects.reviewable_by(user).open().exclude(image=None)

    def allows(self, user: Any, obj: Quarantine, action: str) -> bool:
        """Whoever sees it decides."""
        return action in {"view", "decide"}


IMAGES = ImagePolicy()
IMPORTS = ImportPolicy()
QUARANTINE = QuarantinePolicy()
