"""Giving storage back: refused archives after some days, and versions that nobody runs."""

import logging

from django.db import transaction

from app.accounts.models import User
from app.core.states import transition
from app.execution.models import ContainerImage, ModelWeights
from app.execution.models.checked_upload import CheckedUpload
from app.execution.registry import unneeded_archives
from app.execution.services.storage import reclaim, refused_and_due

logger = logging.getLogger(__name__)
AT_ONCE = 200


def reclaim_due() -> None:
    """Give back what is due; the trouble of one archive must not keep the others."""
    for model in (ContainerImage, ModelWeights):
        for row in refused_and_due(model._default_manager.all())[:AT_ONCE]:
            _one(row)
    for row in unneeded_archives():
        _one(row)


@transaction.atomic
def retire(row: CheckedUpload, *, actor: User | None = None, reason: str = "") -> None:
    """Retire a ready archive and give its storage back; the row and its digest stay."""
    transition(row, CheckedUpload.State.RETIRED, actor=actor, reason=reason)
    reclaim(row)


def _one(row: CheckedUpload) -> None:
    try:
        if row.is_ready:
            retire(row, reason="It was not used for a long time.")
        else:
            reclaim(row)
    except Exception:
        logger.exception("The storage of %s could not be given back", row.pk)
