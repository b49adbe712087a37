"""What an algorithm takes and gives: several interfaces, each a set of inputs and of outputs."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import ManyToOneRel
from django.utils import timezone

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmRun
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, ValidationFailed
from app.sockets.models import Socket
from app.sockets.services import require_places


@transaction.atomic
def add_interface(
    *, actor: User, algorithm: Algorithm, inputs: Sequence[Socket], outputs: Sequence[Socket]
) -> AlgorithmInterface:
    """Add an interface; a run is matched by its inputs, so no two may take the same."""
    check_interface(inputs, outputs)
    Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    wanted = {socket.pk for socket in inputs}
    for other in algorithm.interfaces.prefetch_related("inputs", "outputs"):
        if {socket.pk for socket in other.inputs.all()} != wanted:
            continue
        same = {socket.pk for socket in other.outputs.all()} == {socket.pk for socket in outputs}
        if other.withdrawn_at is not None and same:
            return offer_interface(actor=actor, interface=other)
        if other.withdrawn_at is None:
            raise ValidationFailed(
                fields={"inputs": ["Another interface of this algorithm takes exactly these."]}
            )
    interface = AlgorithmInterface.objects.create(algorithm=algorithm)
    interface.inputs.set(inputs)
    interface.outputs.set(outputs)
    _record("added", actor=actor, interface=interface)
    return interface


def check_interface(inputs: Sequence[Socket], outputs: Sequence[Socket]) -> None:
    """Refuse sockets that have no place in a container, or stand on both sides."""
    require_places(list(inputs), field="inputs")
    require_places(list(outputs), field="outputs")
    both = sorted(socket.slug for socket in set(inputs) & set(outputs))
    if both:
        raise ValidationFailed(fields={"outputs": [f"{', '.join(both)} is already an input."]})
    for name, sockets in (("inputs", inputs), ("outputs", outputs)):
        if not sockets:
            raise ValidationFailed(fields={name: ["Choose at least one socket."]})


@transaction.atomic
def remove_interface(*, actor: User, interface: AlgorithmInterface) -> bool:
    """Take no more runs through an interface; tell whether it could be deleted.

    One that something refers to stays, withdrawn: results, or what was handed in and is to run.
    """
    algorithm = Algorithm.objects.select_for_update().get(pk=interface.algorithm_id)
    offered = algorithm.interfaces.filter(withdrawn_at=None)
    if not offered.exclude(pk=interface.pk).exists():
        raise Conflict("This is the algorithm's only interface.", advice="Add another one before.")
    if _is_used(interface):
        interface.withdrawn_at = timezone.now()
        interface.save(update_fields=["withdrawn_at"])
        _record("withdrawn", actor=actor, interface=interface)
        return False
    _record("removed", actor=actor, interface=interface)
    interface.delete()
    return True


@transaction.atomic
def offer_interface(*, actor: User, interface: AlgorithmInterface) -> AlgorithmInterface:
    """Take runs through a withdrawn interface again, unless another takes the same inputs."""
    wanted = set(interface.inputs.values_list("pk", flat=True))
    others = AlgorithmInterface.objects.filter(
        algorithm=interface.algorithm_id, withdrawn_at=None
    ).exclude(pk=interface.pk)
    for other in others.prefetch_related("inputs"):
        if {socket.pk for socket in other.inputs.all()} == wanted:
            raise Conflict("Another interface of this algorithm takes exactly these inputs.")
    interface.withdrawn_at = None
    interface.save(update_fields=["withdrawn_at"])
    _record("offered", actor=actor, interface=interface)
    return interface


def _is_used(interface: AlgorithmInterface) -> bool:
    """Runs from before interfaces were kept with them count for each of the algorithm's.

    So does what has not started any, a batch or a submission to a challenge: without its
    interface it would take another. Apps above this one refer to interfaces too.
    """
    unknown = AlgorithmRun.objects.filter(
        version__algorithm=interface.algorithm_id, interface__isnull=True
    )
    return unknown.exists() or any(
        relation.related_model._base_manager.filter(**{relation.field.name: interface}).exists()
        for relation in interface._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and not relation.related_model._meta.auto_created
    )


def _record(verb: str, *, actor: User, interface: AlgorithmInterface) -> None:
    data = {
        "inputs": ", ".join(sorted(interface.inputs.values_list("slug", flat=True))),
        "outputs": ", ".join(sorted(interface.outputs.values_list("slug", flat=True))),
    }
    record(f"algorithms.interface.{verb}", obj=interface.algorithm, actor=actor, data=data)
