"""Reading algorithms."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse

from algorithms.models import (
    Algorithm,
    AlgorithmEndpoint,
    AlgorithmInterface,
    AlgorithmModel,
    AlgorithmRun,
    AlgorithmVersion,
    Stage,
)
from algorithms.policies import ALGORITHMS, ENDPOINTS, RUNS
from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.execution.models import ContainerImage, Endpoint, Job, ModelWeights
from app.execution.models.checked_upload import CheckedUpload
from app.images.models import Image
from app.images.registry import Destination
from app.images.uses import SHOWN, Use
from app.sockets.models import SocketValue

V = TypeVar("V", AlgorithmVersion, AlgorithmModel)
LONG_FIELDS = ("job__log", "job__usage")
"""A run's log alone may have a megabyte; a list of runs must not fetch one for each."""
_RUNS_FIRST = (Case(When(stage=Stage.PRODUCTION, then=Value(0)), default=Value(1)), "-number")


def algorithms_for(user: Any) -> QuerySet[Algorithm]:
    """Return the algorithms that ``user`` may view, with the number of their runs."""
    return ALGORITHMS.visible_to(user).annotate(
        run_count=Count("versions__runs", filter=Q(versions__runs__try_out=True), distinct=True)
    )


def get_algorithm_for(user: Any, pk: UUID | str, *, action: str = "view") -> Algorithm:
    """Return the algorithm if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(ALGORITHMS, user=user, pk=pk, action=action)


def get_run_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmRun:
    """Return the run if ``user`` may do ``action`` with it, else raise `NotFound`."""
    runs = AlgorithmRun.objects.select_related("version__algorithm", "job__creator")
    return fetch(RUNS, user=user, pk=pk, action=action, queryset=runs)


def versions_of(algorithm: Algorithm) -> QuerySet[AlgorithmVersion]:
    """Return an algorithm's versions, newest first."""
    return algorithm.versions.select_related("container_image__creator")


def active_version(algorithm: Algorithm) -> AlgorithmVersion | None:
    """Return the version that runs.

    That is the one in production; while none is, the newest that passed its checks and was not
    retired. So a first upload runs at once, and later uploads wait for approval only where
    somebody gave approval before.
    """
    return runnable_versions_of(algorithm).order_by(*_RUNS_FIRST).first()


def idle_versions(model: type[V], archive: str) -> QuerySet[V]:
    """Return the stored versions of every algorithm but those that run, by `active_version`'s rule.

    ``archive`` names the field of the uploaded archive.
    """
    stored = model._default_manager.filter(**{f"{archive}__state": CheckedUpload.State.READY})
    siblings = stored.filter(algorithm=OuterRef("algorithm")).exclude(stage=Stage.RETIRED)
    runs = Subquery(siblings.order_by(*_RUNS_FIRST).values("pk")[:1])
    return stored.annotate(running=runs).exclude(running__isnull=False, running=F("pk"))


def runnable_versions_of(algorithm: Algorithm) -> QuerySet[AlgorithmVersion]:
    """Return the versions that passed their checks and were not retired, newest first."""
    ready = versions_of(algorithm).filter(container_image__state=ContainerImage.State.READY)
    return ready.exclude(stage=Stage.RETIRED)


def models_of(algorithm: Algorithm) -> QuerySet[AlgorithmModel]:
    """Return an algorithm's model weights, newest first."""
    return algorithm.models.select_related("weights__creator")


def active_model(algorithm: Algorithm) -> AlgorithmModel | None:
    """Return the model weights that runs are given, by the rule of `active_version`."""
    ready = models_of(algorithm).filter(weights__state=ModelWeights.State.READY)
    return ready.exclude(stage=Stage.RETIRED).order_by(*_RUNS_FIRST).first()


def interface_of(algorithm: Algorithm) -> AlgorithmInterface:
    """Return the first interface that the algorithm offers."""
    return interfaces_of(algorithm)[0]


def interfaces_of(algorithm: Algorithm) -> QuerySet[AlgorithmInterface]:
    """Return the interfaces that the algorithm offers, oldest first."""
    offered = algorithm.interfaces.filter(withdrawn_at=None)
    return offered.prefetch_related("inputs", "outputs").order_by("pk")


def sockets_of(interface: AlgorithmInterface) -> set[int]:
    """Return the keys of the sockets that an interface takes."""
    return {socket.pk for socket in interface.inputs.all()}


def withdrawn_interfaces_of(algorithm: Algorithm) -> QuerySet[AlgorithmInterface]:
    """Return the interfaces that the algorithm had and that results refer to."""
    gone = algorithm.interfaces.exclude(withdrawn_at=None)
    return gone.prefetch_related("inputs", "outputs").order_by("pk")


def same_content(version: AlgorithmVersion | AlgorithmModel) -> QuerySet[Any]:
    """Return the algorithm's other versions that hold the very same content."""
    name = "weights" if isinstance(version, AlgorithmModel) else "container_image"
    others = type(version).objects.filter(algorithm=version.algorithm_id).exclude(pk=version.pk)
    return others.filter(**{f"{name}__digest": version.archive.digest or None}).order_by("number")


def interfaces_for(user: Any) -> QuerySet[AlgorithmInterface]:
    """Return the interfaces of all algorithms that ``user`` may view."""
    found = AlgorithmInterface.objects.filter(algorithm__in=ALGORITHMS.visible_to(user))
    return found.select_related("algorithm").prefetch_related(
        "inputs__look_up_table", "outputs__look_up_table"
    )


def get_interface_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmInterface:
    """Return the interface if ``user`` may do ``action`` with its algorithm."""
    found = interfaces_for(user).filter(pk=pk).first()
    if found is None or not ALGORITHMS.allows(user, found.algorithm, action):
        raise NotFound
    return found


def runs_for(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the try-outs that ``user`` may look at, newest first, without what no list shows."""
    runs = RUNS.visible_to(user).select_related("version__algorithm", "job__creator")
    return runs.defer(*LONG_FIELDS)


def versions_for(user: Any) -> QuerySet[AlgorithmVersion]:
    """Return the versions of all algorithms that ``user`` may view."""
    found = AlgorithmVersion.objects.filter(algorithm__in=ALGORITHMS.visible_to(user))
    return found.select_related("container_image", "algorithm")


def model_versions_for(user: Any) -> QuerySet[AlgorithmModel]:
    """Return the model weights of all algorithms that ``user`` may view."""
    found = AlgorithmModel.objects.filter(algorithm__in=ALGORITHMS.visible_to(user))
    return found.select_related("weights", "algorithm")


def get_model_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmModel:
    """Return the model weights if ``user`` may do ``action`` with their algorithm."""
    found = model_versions_for(user).filter(pk=pk).first()
    if found is None or not ALGORITHMS.allows(user, found.algorithm, action):
        raise NotFound
    return found


def get_version_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmVersion:
    """Return the version if ``user`` may do ``action`` with its algorithm."""
    found = versions_for(user).filter(pk=pk).first()
    if found is None or not ALGORITHMS.allows(user, found.algorithm, action):
        raise NotFound
    return found


def jobs_for(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the try-outs that ``user`` may look at, with what their jobs took and gave."""
    return (
        runs_for(user)
        .select_related("version__algorithm__hanging_protocol")
        .prefetch_related(
            "job__inputs__socket",
            "job__outputs__socket",
            "version__algorithm__optional_hanging_protocols",
        )
    )


def get_run_of_job_for(user: Any, job_pk: UUID, *, action: str = "view") -> AlgorithmRun:
    """Return the run whose job this is if ``user`` may do ``action`` with it."""
    found = jobs_for(user).defer(None).filter(job=job_pk).first()
    if found is None or not RUNS.allows(user, found, action):
        raise NotFound
    return found


def calls_for(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the calls of endpoints that ``user`` may look at, with what they took and gave."""
    return jobs_for(user).filter(job__endpoint__isnull=False)


def get_call_for(user: Any, job_pk: UUID) -> AlgorithmRun:
    """Return the run of this call of an endpoint if ``user`` may look at it."""
    run = get_run_of_job_for(user, job_pk)
    if run.job.endpoint_id is None:
        raise NotFound
    return run


def endpoints_for(user: Any) -> QuerySet[AlgorithmEndpoint]:
    """Return the endpoints that ``user`` may look at, newest first."""
    found = ENDPOINTS.visible_to(user)
    found = found.select_related("version__algorithm", "endpoint__job__creator")
    return found.defer(*(f"endpoint__{name}" for name in LONG_FIELDS))


def get_endpoint_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmEndpoint:
    """Return the endpoint if ``user`` may do ``action`` with it, else raise `NotFound`."""
    whole = endpoints_for(user).defer(None)
    return fetch(ENDPOINTS, user=user, pk=pk, action=action, queryset=whole)


def live_endpoint(user: Any, algorithm: Algorithm) -> AlgorithmEndpoint | None:
    """Return what ``user`` keeps warm of an algorithm, if anything."""
    mine = endpoints_for(user).filter(endpoint__job__creator=user, version__algorithm=algorithm)
    return mine.exclude(endpoint__state__in=Endpoint.MACHINE.final).first()


def value_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of socket values that ``user`` sees as outputs of runs, or gave to them."""
    runs = RUNS.visible_to(user).values("pk")
    given = Q(input_of_jobs__algorithm_run__in=runs, input_of_jobs__creator=user)
    found = SocketValue.objects.filter(Q(output_of_jobs__algorithm_run__in=runs) | given)
    return found.order_by().values("pk")


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees as outputs of runs."""
    return (
        AlgorithmRun.objects.filter(
            pk__in=RUNS.visible_to(user).values("pk"), job__outputs__image__isnull=False
        )
        .order_by()
        .values("job__outputs__image")
    )


def own_input_ids(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` imported and gave to jobs of their own."""
    own = Image.objects.filter(source__owner=user, socket_values__input_of_jobs__creator=user)
    return own.order_by().values("pk")


def uses_of_image(user: Any, image_id: UUID) -> list[Use]:
    """Return the runs that ``user`` may see and that made an image or were given it."""
    made = Q(job__outputs__image=image_id)
    runs = runs_for(user).filter(made | Q(job__inputs__image=image_id))
    makers = set(AlgorithmRun.objects.filter(made).values_list("pk", flat=True))
    return [
        Use(
            kind="Run",
            title=run.title or "Run",
            url=reverse("algorithms:run", args=[run.pk]),
            part_of=run.version.algorithm.title,
            part_of_url=reverse("algorithms:detail", args=[run.version.algorithm_id]),
            area="Algorithms",
            area_url=reverse("algorithms:list"),
            made=run.pk in makers,
        )
        for run in runs.distinct()[:SHOWN]
    ]


def inputs_for_eyes_of(user: Any, run: AlgorithmRun) -> list[SocketValue]:
    """Return a run's inputs: all to whoever started it, to others only images that they see anyway.

    The editors of an algorithm see every try-out, but not the private images of whoever ran it.
    """
    hidden = hidden_images(user, [run])
    chosen = run.job.inputs.select_related("socket", "image")
    return [value for value in chosen if value.image_id not in hidden]


def hidden_images(user: Any, runs: Iterable[AlgorithmRun]) -> set[UUID]:
    """Return the images that went into runs and that ``user`` may not see; one query for all."""
    given = {
        value.image_id
        for run in runs
        if run.job.creator_id != user.pk
        for value in run.job.inputs.all()
        if value.image_id is not None
    }
    if not given:
        return set()
    seen = Image.objects.visible_to(user).filter(pk__in=given).values_list("pk", flat=True)
    return given - set(seen)


def managed_algorithm(user: Any, pk: str) -> Algorithm:
    """Return the algorithm if ``user`` manages its people, else raise `NotFound`."""
    return get_algorithm_for(user, pk, action="manage")


def parts_of(algorithm: Algorithm) -> list[QuerySet[Any]]:
    """Return what an algorithm's history tells of besides itself."""
    return [algorithm.versions.all(), algorithm.models.all()]


def own_jobs(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of jobs whose inputs ``user`` gave, and so reviews."""
    return Job.objects.filter(creator=user, algorithm_run__isnull=False).values("pk")


def reviewed_job(user: Any, pk: UUID) -> Destination:
    """Name the job if ``user`` gave its inputs, else raise `NotFound`; administrators may."""
    run = AlgorithmRun.objects.filter(job=pk).select_related("job").first()
    if run is None or not (user.is_superuser or run.job.creator_id == user.pk):
        raise NotFound
    return Destination(title=str(run), url=f"/algorithms/runs/{run.pk}/")


def job_reviewers(pk: UUID) -> QuerySet[User]:
    """Return whoever gave a job its inputs: nobody else is to see what may identify somebody."""
    return User.objects.filter(pk__in=Job.objects.filter(pk=pk).values("creator"), is_active=True)
