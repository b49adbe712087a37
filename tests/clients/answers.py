"""What gcapi sees of a reader study: ``answers.py URL TOKEN SLUG FOLDER`` prints it as JSON.

Run by the client's own Python; masks are downloaded to FOLDER and told by their labels' sizes.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gcapi
import numpy as np
import SimpleITK as sitk


def main(url: str, token: str, slug: str, folder: Path) -> None:
    client = gcapi.Client(token=token, base_url=f"{url}/api/v1/")
    study = client.reader_studies.detail(slug=slug)
    wanted = {"question__reader_study": study.pk}
    answers = list(client.reader_studies.answers.iterate_all(params=wanted))
    cases = client.reader_studies.display_sets.iterate_all(params={"reader_study": study.pk})
    found = {
        "questions": [asdict(question) for question in study.questions],
        "cases": [asdict(case) for case in cases],
        "answers": [asdict(answer) for answer in answers],
        "masks": {
            answer.pk: labels_of(client, answer.answer_image, folder / answer.pk)
            for answer in answers
            if answer.answer_image
        },
    }
    json.dump(found, sys.stdout, default=str)


def labels_of(client: Any, image: str, folder: Path) -> dict[str, int]:
    """How many voxels each label of a mask has."""
    folder.mkdir()
    [path] = client.images.download(output_directory=folder, filename="mask", url=image)
    labels, counts = np.unique(
        sitk.GetArrayFromImage(sitk.ReadImage(str(path))), return_counts=True
    )
    return {str(label): int(count) for label, count in zip(labels, counts, strict=True)}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
