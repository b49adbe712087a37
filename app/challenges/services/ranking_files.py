"""The stored files of rankings: removed with them, and written anew without an erased name."""

import csv
import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

import app
from app.accounts.models import User
from app.challenges.leaderboards.rankings import scores_bytes
from app.challenges.leaderboards.scores import take_name
from app.challenges.models import Ranking, RankingEntry
from app.challenges.ranking import (
    PlanInvalid,
    RankingRefused,
    ScoresInvalid,
    parse_plan,
    rank,
    read_scores,
)
from app.challenges.ranking.canonical import canonical_json
from app.core.ids import new_id
from app.core.storage import ObjectMissing, get_store
from app.core.tasks import enqueue_on_commit

TASK = "app.challenges.tasks.erase_ranked_names"
_ENTRANT = 2
"""The column of scores.csv that names the entrant."""


def store_files(ranking: Ranking, *, scores: bytes, results: Mapping[str, Any]) -> None:
    """Put scores and results in storage; ``ranking``, not saved by this, knows where they are."""
    folder = f"rankings/{ranking.pk}/{new_id()}"
    ranking.scores_key, ranking.results_key = f"{folder}/scores.csv", f"{folder}/results.json"
    get_store().put_bytes(scores, key=ranking.scores_key)
    get_store().put_bytes(canonical_json(results), key=ranking.results_key)


def remove_files(instance: Ranking, **_: Any) -> None:
    """Delete what is stored of a ranking once its row, its phase or its challenge is gone."""
    _delete_on_commit(instance.scores_key, instance.results_key)


def forget_ranked_names(user: User) -> None:
    """Have the name of somebody whose account is deleted taken out of all rankings."""
    if RankingEntry.objects.filter(entrant__person=user).exists():
        enqueue_on_commit(TASK)


def erase_names_that_were_missed() -> None:
    """Ask again where the message was lost."""
    if _outdated().exists():
        enqueue_on_commit(TASK)


def erase_names() -> None:
    """Write every ranking anew that calls somebody by a name that is erased; it may run twice."""
    for pk in sorted(set(_outdated().order_by().values_list("ranking", flat=True))):
        _write_anew(pk)


def _outdated() -> QuerySet[RankingEntry]:
    """Return the places of deleted accounts under another name than their pseudonym."""
    deleted = RankingEntry.objects.filter(
        entrant__person__is_active=False, entrant__person__username__startswith="deleted-"
    )
    return deleted.exclude(name__startswith=F("entrant__person__username"))


@transaction.atomic
def _write_anew(pk: UUID) -> None:
    """Put the pseudonyms in the place of the names; ranks stay, for they depend on no name.

    A ranking whose plan this version of the code does not run any more is deleted.
    """
    ranking = Ranking.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if ranking is None:
        return
    entries = _renamed(ranking)
    data = _with_names(scores_bytes(ranking), {old: entry.name for old, entry in entries.items()})
    try:
        plan, table = parse_plan(ranking.plan), read_scores(data)
        results = rank(plan, table)
    except (PlanInvalid, ScoresInvalid, RankingRefused):
        ranking.delete()
        return
    _delete_on_commit(ranking.scores_key, ranking.results_key)
    store_files(ranking, scores=data, results=results)
    ranking.scores_sha256, ranking.code_version = table.digest, app.__version__
    ranking.save()
    RankingEntry.objects.bulk_update(entries.values(), ["name"])


def _renamed(ranking: Ranking) -> dict[str, RankingEntry]:
    """Return the places with their new name, not saved yet, by the name that goes."""
    taken = set(ranking.entries.values_list("name", flat=True))
    found = {}
    for entry in _outdated().filter(ranking=ranking).select_related("entrant__person"):
        found[entry.name] = entry
        entry.name = take_name(entry.entrant.display_name, taken)
    return found


def _with_names(scores: bytes, names: Mapping[str, str]) -> bytes:
    header, *rows = csv.reader(io.StringIO(scores.decode(), newline=""))
    for row in rows:
        row[_ENTRANT] = names.get(row[_ENTRANT], row[_ENTRANT])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(sorted(rows))
    return text.getvalue().encode()


def _delete_on_commit(*keys: str) -> None:
    def delete() -> None:
        for key in filter(None, keys):
            try:
                get_store().delete(key)
            except ObjectMissing:
                continue

    transaction.on_commit(delete, robust=True)
