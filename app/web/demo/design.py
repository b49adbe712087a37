"""What the demo's challenge declares before it opens, as an organizer would."""

from typing import Any

DESIGN: dict[str, Any] = {
    "task": "Find every nodule in a CT of the chest, and mark its voxels.",
    "application": "Research on methods; nothing here is meant for patients.",
    "target_cohort": "Adults who have a low-dose CT of the chest for lung cancer screening.",
    "challenge_cohort": "Nobody: the chests are drawn by a program. They have lungs, vessels, "
    "ribs, a heart and nodules, and no other findings. Scores say nothing about real scans.",
    "target_entity": "Solid nodules of 6 mm and more inside the lungs that touch neither wall nor "
    "vessel.",
    "acquisition": "Drawn as axial slices in Hounsfield units, with noise and the blur of a soft "
    "kernel, and written as one DICOM series for each case.",
    "case": "One series of one made-up person.",
    "training_cases": 0,
    "validation_cases": 0,
    "test_cases": 3,
    "sizes_reason": "Enough to see how a challenge works within minutes on a laptop. Far too few "
    "to tell methods apart.",
    "preprocessing": "None.",
    "annotation_protocol": "Every voxel that the program gave to a nodule is foreground.",
    "annotator_count": 0,
    "annotators": "There are none: the reference is exact.",
    "annotation_merging": "Not needed.",
    "error_sources": "Voxels at the border are partly nodule and partly lung; the reference counts "
    "them as one or the other.",
    "metrics": [
        {
            "name": "dice",
            "reason": "Overlap says at once how much of the nodules was found and how well.",
        }
    ],
    "ranking_plan": {
        "version": 1,
        "metrics": {
            "dice": {"direction": "higher", "missing": {"rule": "value", "value": 0}},
        },
        "schemes": [{"kind": "aggregate-then-rank", "metric": "dice", "aggregate": "mean"}],
        "ties": "min",
    },
    "ranking_reason": "A mean is easy to explain, and a case that was missed costs its full share.",
    "limits": "Ten successful submissions for each team or lone participant.",
    "participation": "Everybody with an account. The organizers take part with two baselines.",
    "prizes": "None.",
    "results": "The leaderboard shows them as soon as a submission is evaluated.",
    "publication": "None is planned.",
    "data_use": "The drawn images may be used for anything.",
    "code": "The baselines and the evaluation are part of the portal's source code.",
    "ethics": "Not needed: no person was examined.",
    "conflicts": "The organizers wrote the program that draws the cases, and both baselines.",
}
