"""Storing what the evaluation container said of single cases."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.challenges.models import CaseScore, Evaluation, EvaluationCase
from app.challenges.scoring import CaseResult, disagreements, read_results
from app.challenges.scoring.results import bounded

ENDINGS = (".nii.gz", ".mha", ".mhd", ".nii", ".tif", ".tiff", ".dcm")


def store_case_scores(evaluation: Evaluation, metrics: Any) -> None:
    """Store a row for each number; what cannot be used is kept as faults for the organizers.

    May be done again: what was stored before is replaced. The faults are set on ``evaluation``
    and not saved.
    """
    results = read_results(metrics)
    cases = list(evaluation.cases.select_related("item").prefetch_related("item__values__image"))
    known, faults = _cases_by_key(cases), list(results.faults)
    rows: dict[tuple[object, str, str], CaseScore] = {}
    seen: dict[EvaluationCase, CaseResult] = {}
    for result in results.cases:
        case = next((known[key] for key in result.keys if key in known), None)
        if case is None:
            faults.append(f"results[{result.place}] names no case of this phase.")
        elif case in seen:
            faults.append(f"results[{result.place}] is about case {case.order} once more.")
        else:
            seen[case] = result
            case.note = result.note
            for score in result.scores:
                key = (case.pk, score.metric, score.label)
                rows[key] = CaseScore(
                    case=case, metric=score.metric, label=score.label, value=score.value
                )
    if results.cases and not cases:
        faults = ["This phase has no archive that says which cases there are: no scores are kept."]
    elif results.cases:
        faults += [f"Case {case.order} has no result." for case in cases if case not in seen]
    if not faults:
        faults += disagreements(metrics, results)
    CaseScore.objects.filter(case__evaluation=evaluation).delete()
    CaseScore.objects.bulk_create(rows.values(), batch_size=2000)
    EvaluationCase.objects.bulk_update(list(seen), ["note"], batch_size=2000)
    evaluation.result_faults = list(bounded(faults))


def _cases_by_key(cases: Iterable[EvaluationCase]) -> Mapping[str, EvaluationCase]:
    """Return the cases by everything they may be called that means one of them alone."""
    found: dict[str, EvaluationCase | None] = {}
    for case in cases:
        for key in _names_of(case):
            found[key] = case if found.get(key, case) == case else None
    return {key: case for key, case in found.items() if case is not None}


def _names_of(case: EvaluationCase) -> set[str]:
    names = {str(case.job_id or ""), str(case.item_id), str(case.pk), case.item.title}
    for image in case.item.images:
        names |= {str(image.pk), image.name, without_ending(image.name)}
    return names - {""}


def without_ending(name: str) -> str:
    """Return a file's name without the ending of its format."""
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]
