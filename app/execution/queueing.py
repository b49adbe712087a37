"""The order in which waiting jobs are handed out.

People come first: next is whoever has the fewest jobs in hand, among those the one who was served
longest ago. The jobs of one person are in the order of priority, then age. With this rule several
people go round in turns, however many jobs each of them has waiting.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from app.accounts.models import User
from app.execution.contract import Capacity
from app.execution.models import Job, Worker
from app.execution.models.job import GPU_QUEUE, JOB_QUEUES

WITHIN = ("-priority", "created", "pk")
"""The order of one person's own jobs."""
Rank = tuple[int, datetime, UUID]
_NEVER = datetime.min.replace(tzinfo=UTC)
_ANY: Rank = (0, _NEVER, UUID(int=0))


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One person with waiting jobs, and what makes their turn come.

    ``first`` is the rank of their first job; it is only looked up for people who are equal in all
    else, so that a long line need not be sorted.
    """

    person: int | None
    held: int
    served: datetime
    first: Rank

    @property
    def order(self) -> tuple[int, datetime, Rank]:
        """Return what the turns are sorted by."""
        return self.held, self.served, self.first


@dataclass(frozen=True, kw_only=True)
class Line:
    """What stands before a job: how many jobs of whom, of how many of which kind they are."""

    ahead: Mapping[int | None, int]
    waiting: Mapping[int | None, int]
    groups: Sequence[tuple[int | None, UUID, str, int]]

    @property
    def place(self) -> int:
        """Return the job's place, the next one being 1."""
        return sum(self.ahead.values()) + 1


def queued() -> QuerySet[Job]:
    """Return all jobs that wait in line; calls of endpoints wait for their own container."""
    return Job.objects.filter(state=Job.State.QUEUED, endpoint=None)


def ready(now: datetime) -> QuerySet[Job]:
    """Return the waiting jobs that may be handed out now."""
    return queued().filter(Q(wait_until=None) | Q(wait_until__lte=now))


def in_queue(queue: str) -> Q:
    """Return the condition for the jobs of one queue."""
    return Q(gpus__gt=0) if queue == GPU_QUEUE else Q(gpus=0)


def in_queues(queues: Iterable[str]) -> Q:
    """Return the condition for the jobs of a worker's queues."""
    wanted = [queue for queue in JOB_QUEUES if queue in queues]
    if len(wanted) == len(JOB_QUEUES):
        return Q()
    return in_queue(wanted[0]) if wanted else Q(pk__in=())


def fitting(free: Capacity, *, of: Capacity) -> Q:
    """Return the condition for jobs that find room in what is ``free`` ``of`` a worker.

    `Capacity.fits` in the words of the database. Who has nothing else to do gets a job that asks
    for more processors than there are, as the executor gives no more than there are.
    """
    fits = Q(memory__lte=free.memory)
    if free.cpus < of.cpus:
        fits &= Q(cpus__lte=free.cpus)
    gpus = Q(gpus=0)
    for count, largest in enumerate(free.largest_requests(), start=1):
        gpus |= Q(gpus=count, gpu_memory__lte=largest)
    return fits & gpus


def suitable(worker: Worker) -> Q:
    """Return the condition for jobs that a worker could run if it had nothing else to do."""
    return in_queues(worker.queues) & fitting(worker.capacity, of=worker.capacity)


def turns(waiting: QuerySet[Job]) -> list[Turn]:
    """Return the people whose jobs wait, in the order of their turns.

    What makes the turn come of somebody who waits alone is not looked up.
    """
    people = set(waiting.order_by().values_list("creator_id", flat=True).distinct())
    if len(people) == 1:
        return [Turn(person=people.pop(), held=0, served=_NEVER, first=_ANY)]
    return sorted(_turns(people, waiting), key=lambda turn: turn.order)


def _turns(
    people: Collection[int | None], waiting: QuerySet[Job], *, imagined: Job | None = None
) -> list[Turn]:
    held, served = held_by_person(), _served(people)
    standing = {person: (held.get(person, 0), served.get(person) or _NEVER) for person in people}
    shared = Counter(standing.values())
    tied = [person for person in people if shared[standing[person]] > 1]
    firsts = _firsts(tied, waiting) if tied else {}
    if imagined is not None:
        firsts.setdefault(imagined.creator_id, _rank(imagined))
    return [
        Turn(person=person, held=has, served=at, first=firsts.get(person, _ANY))
        for person, (has, at) in standing.items()
    ]


def _firsts(people: Sequence[int | None], waiting: QuerySet[Job]) -> dict[int | None, Rank]:
    """Return the ranks of these people's first jobs."""
    theirs = Q(creator__in=[person for person in people if person is not None])
    if None in people:
        theirs |= Q(creator=None)
    rows = waiting.filter(theirs).order_by("creator_id", *WITHIN).distinct("creator_id")
    found = rows.values_list("creator_id", "priority", "created", "pk")
    return {person: (-priority, created, pk) for person, priority, created, pk in found}


def _rank(job: Job) -> Rank:
    return -job.priority, job.created, job.pk


def jobs_of(turn: Turn, waiting: QuerySet[Job]) -> QuerySet[Job]:
    """Return one person's waiting jobs in their order."""
    return waiting.filter(creator=turn.person).order_by(*WITHIN)


def held_by_person() -> dict[int | None, int]:
    """Return how many jobs everybody has in hand."""
    rows = Job.objects.filter(state__in=Job.HELD).order_by().values_list("creator_id")
    return dict(rows.annotate(count=Count("pk")))


def line_before(job: Job) -> Line:
    """Return what is handed out before a waiting job, as things are now.

    If nothing more ended, the person with ``held`` jobs in hand would get the next of theirs when
    all others have as many. So a person's n-th waiting job comes in round ``held + n``. Within a
    round those come first who enter the rounds there (they have waited longest), then those who
    entered one round earlier, and so on.
    """
    line = queued().filter(in_queue(job.queue))
    rows = line.order_by().values_list("creator_id", "container_image", "kind")
    groups = list(rows.annotate(count=Count("pk")))
    waiting: Counter[int | None] = Counter()
    for person, _, _, count in groups:
        waiting[person] += count
    own = line.filter(creator=job.creator_id).exclude(pk=job.pk)
    before = own.filter(_before(job)).count()
    people = _turns({*waiting, job.creator_id}, line, imagined=job)
    mine = next(turn for turn in people if turn.person == job.creator_id)
    round_ = mine.held + before
    ahead = {mine.person: before}
    for turn in people:
        if turn is not mine:
            count = waiting[turn.person]
            in_same_round = turn.held <= round_ < turn.held + count
            ahead[turn.person] = min(max(round_ - turn.held, 0), count)
            ahead[turn.person] += in_same_round and _entry(turn) < _entry(mine)
    return Line(ahead=ahead, waiting=waiting, groups=groups)


def _entry(turn: Turn) -> tuple[int, datetime, Rank]:
    return -turn.held, turn.served, turn.first


def _before(job: Job) -> Q:
    """Return the condition for what comes before a job among its person's own."""
    older = Q(created__lt=job.created) | Q(created=job.created, pk__lt=job.pk)
    return Q(priority__gt=job.priority) | (Q(priority=job.priority) & older)


def _served(people: Collection[int | None]) -> dict[int | None, datetime | None]:
    """Return when everybody was last given a job; one look into an index for each."""
    keys = [person for person in people if person is not None]
    latest = Job.objects.filter(started_at__isnull=False).order_by("-started_at")
    mine = Subquery(latest.filter(creator=OuterRef("pk")).values("started_at")[:1])
    users: QuerySet[Any] = User.objects.filter(pk__in=keys).order_by()
    found: dict[int | None, datetime | None] = dict(
        users.annotate(served=mine).values_list("pk", "served")
    )
    if len(keys) < len(people):
        gone = latest.filter(creator=None).values_list("started_at", flat=True)
        found[None] = gone.first()
    return found
