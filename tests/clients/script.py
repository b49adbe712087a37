"""What a user of gcapi does, run by the client's own Python: ``script.py URL TOKEN FOLDER DAY``.

``DAY`` is ``images`` (archives, values, reading), ``jobs`` (an algorithm from its container to
its outputs; ``FOLDER`` holds ``container.tar``, which copies the image and reports the age) or
``endpoints`` (``container.tar`` stays up and reports the age).
Speaks with the portal through the unmodified client only; ends with ``all done``.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import gcapi
import httpx
import numpy as np
import pydicom
import SimpleITK as sitk

IMAGE = "medical-image"
ENDED_WORDS = ("Succeeded", "Failed", "Cancelled")
PDF = b"%PDF-1.7\nreport\n%%EOF\n"


def main(url: str, token: str, folder: Path, day: str) -> None:
    client = gcapi.Client(token=token, base_url=f"{url}/api/v1/")
    volume = make_volume()
    {"images": images, "jobs": jobs, "endpoints": endpoints}[day](client, folder, volume)
    print("all done")


def images(client: Any, folder: Path, volume: Any) -> None:
    sitk.WriteImage(volume, str(folder / "whole.mha"), useCompression=True)
    sitk.WriteImage(volume, str(folder / "parts.mhd"), useCompression=True)
    (folder / "report.pdf").write_bytes(PDF)
    (folder / "empty.pdf").write_bytes(b"")
    for number, files in enumerate((["whole.mha"], ["parts.mhd", "parts.zraw"])):
        check_archive_upload(client, folder, files=files, volume=volume, number=number)
    check_image_set(client, folder)
    check_values(client, folder)
    check_reading(client, folder)
    check_reads(client)


def jobs(client: Any, folder: Path, volume: Any) -> None:
    """Upload a container, start jobs in two ways, and find in the outputs what went in."""
    sitk.WriteImage(volume, str(folder / "whole.mha"), useCompression=True)
    algorithm = make_algorithm(client, folder / "container.tar")
    first_job = run_job(
        client,
        algorithm,
        spec(socket_slug=IMAGE, files=[folder / "whole.mha"]),
        spec(socket_slug="age", value=63),
    )
    check_outputs(client, first_job, folder / "first", volume=volume)
    given = {value.interface.slug: value for value in first_job.inputs}
    second_job = run_job(
        client,
        algorithm,
        spec(socket_slug=IMAGE, existing_image_api_url=given[IMAGE].image),
        spec(socket_slug="age", existing_socket_value=given["age"]),
    )
    check_outputs(client, second_job, folder / "second", volume=volume)
    log = client(path=f"algorithms/jobs/{second_job.pk}/log/")
    assert "copied" in log


def endpoints(client: Any, folder: Path, volume: Any) -> None:
    """Keep a container warm, call it, keep it for longer and stop it."""
    sockets = {"inputs": ["age"], "outputs": ["report"]}
    algorithm = make_algorithm(client, folder / "container.tar", sockets)
    made = client.algorithm_endpoints.create(algorithm=algorithm.api_url)
    assert made.status == "Queued"
    wait_for(lambda: client.algorithm_endpoints.detail(pk=made.pk).status != "Queued")
    wait_for(lambda: client.algorithm_endpoints.detail(pk=made.pk).status == "Running")
    found = client.algorithm_endpoints.detail(status="Running")
    assert found.pk == made.pk
    assert found.algorithm == algorithm.api_url
    assert client.algorithm_endpoints.keep_alive(made.pk)["status"] == "Running"
    for age in (63, 64):
        call = client.invoke_algorithm_endpoint(
            endpoint_pk=made.pk, inputs=[spec(socket_slug="age", value=age)]
        )
        assert call.endpoint == made.api_url
        wait_for(
            lambda pk=call.pk: client.algorithm_invocations.detail(pk=pk).status in ENDED_WORDS
        )
        done = client.algorithm_invocations.detail(pk=call.pk)
        assert done.status == "Succeeded", done.error_message
        assert [value.value for value in done.outputs] == [f"age {age}"]
    assert len(list(client.algorithm_invocations.iterate_all())) >= 2
    client.algorithm_endpoints.delete(pk=made.pk)
    wait_for(lambda: client.algorithm_endpoints.detail(pk=made.pk).status == "Stopped")


def make_algorithm(client: Any, container: Path, sockets: Any = None) -> Any:
    """What gcapi has no verbs for goes through its plain calls."""
    copier = {"inputs": [IMAGE, "age"], "outputs": ["copied-image", "report"]}
    made = client(
        method="POST",
        path="algorithms/",
        json={"title": f"Copier for {time.time_ns()}", **(sockets or copier)},
    )
    with container.open("rb") as file:
        upload = client.uploads.upload_fileobj(fileobj=file, filename="container.tar")
    body = {"algorithm": made["api_url"], "user_upload": upload.api_url}
    version = client(method="POST", path="algorithms/images/", json=body)

    def status() -> str:
        return str(client.algorithm_images.detail(pk=version["pk"]).import_status)

    wait_for(lambda: status() in ("Completed", "Failed"))
    assert status() == "Completed"
    return client.algorithms.detail(slug=made["slug"])


def run_job(client: Any, algorithm: Any, *inputs: Any) -> Any:
    started = client.start_algorithm_job(algorithm_slug=algorithm.slug, inputs=list(inputs))
    ended = ("Succeeded", "Failed", "Cancelled")
    wait_for(lambda: client.algorithm_jobs.detail(pk=started.pk).status in ended)
    job = client.algorithm_jobs.detail(pk=started.pk)
    said = client(path=f"algorithms/jobs/{job.pk}/")["error_message"]
    assert job.status == "Succeeded", f"{job.status}: {said}"
    return job


def check_outputs(client: Any, job: Any, folder: Path, *, volume: Any) -> None:
    for value in job.outputs:
        client.download_socket_value(value, output_directory=folder)
    [copied] = (folder / "images" / "copied").iterdir()
    same_picture(sitk.ReadImage(str(copied)), volume)
    assert json.loads((folder / "report.json").read_text()) == "age 63"


def make_volume() -> Any:
    pixels = np.random.default_rng(7).integers(-1000, 3000, (7, 33, 21)).astype(np.int16)
    volume = sitk.GetImageFromArray(pixels)
    volume.SetSpacing((0.7, 0.8, 2.5))
    volume.SetOrigin((-10.5, 20.25, 300.0))
    return volume


def spec(**source: Any) -> Any:
    return gcapi.SocketValueSpec(**source)


def check_archive_upload(
    client: Any, folder: Path, *, files: list[str], volume: Any, number: int
) -> None:
    paths = [folder / name for name in files]
    item = client.add_case_to_archive(
        archive_slug="client-archive", values=[spec(socket_slug=IMAGE, files=paths)]
    )
    value = wait_for(lambda: first(client.archive_items.detail(pk=item.pk).values))
    image = client.images.detail(api_url=value.image)
    target = folder / f"down-{number}"
    target.mkdir()
    [path] = client.images.download(output_directory=target, filename="image", url=image.api_url)
    same_picture(sitk.ReadImage(str(path)), volume)
    assert abs(image.voxel_width_mm - 0.7) < 1e-6
    assert image.shape == [7, 33, 21]


def check_image_set(client: Any, folder: Path) -> None:
    """The instances come back de-identified with the pixels that were sent, and make an image."""
    files = sorted((folder / "dicom").iterdir())
    item = client.add_case_to_archive(
        archive_slug="client-archive",
        values=[spec(socket_slug="a-dicom-image-set", files=files, image_name="A set")],
    )
    value = wait_for(lambda: first(client.archive_items.detail(pk=item.pk).values))
    image = client.images.detail(api_url=value.image)
    assert image.name == "A set"
    listed = client(path=f"cases/images/{image.pk}/dicom/instances/")
    assert listed["image_set_id"] == image.dicom_image_set.image_set_id
    assert len(listed["instances"]) == len(files)
    bodies = []
    for instance in listed["instances"]:
        with httpx.stream(**instance["get_instance"]) as answer:
            answer.raise_for_status()
            bodies.append(answer.read())
    seen = [pydicom.dcmread(io.BytesIO(body)) for body in bodies]
    sent = [pydicom.dcmread(path) for path in files]
    assert sorted(one.pixel_array.sum() for one in seen) == sorted(
        one.pixel_array.sum() for one in sent
    )
    names = [{str(one.get("PatientName", "")) for one in some} for some in (seen, sent)]
    assert names[0].isdisjoint(names[1])


def same_picture(seen: Any, expected: Any) -> None:
    assert np.array_equal(sitk.GetArrayFromImage(seen), sitk.GetArrayFromImage(expected))
    assert np.allclose(seen.GetSpacing(), expected.GetSpacing())
    assert np.allclose(seen.GetOrigin(), expected.GetOrigin())


def check_values(client: Any, folder: Path) -> None:
    item = client.add_case_to_archive(
        archive_slug="client-archive", values=[spec(socket_slug="age", value=63)]
    )
    client.update_archive_item(
        archive_item_pk=item.pk, values=[spec(socket_slug="a-pdf-file", file=folder / "report.pdf")]
    )
    held = {v.interface.slug: v for v in client.archive_items.detail(pk=item.pk).values}
    assert held["age"].value == 63
    body = client(url=held["a-pdf-file"].file, follow_redirects=True).content
    assert body == PDF
    empty = spec(socket_slug="a-pdf-file", file=folder / "empty.pdf")
    refusal = ""
    try:
        client.update_archive_item(archive_item_pk=item.pk, values=[empty])
    except httpx.HTTPStatusError as error:
        refusal = f"{error.response.status_code} {error.response.text}"
    assert refusal.startswith("400")
    assert "empty" in refusal


def check_reading(client: Any, folder: Path) -> None:
    case = client.add_case_to_reader_study(
        reader_study_slug="client-study",
        values=[spec(socket_slug=IMAGE, files=[folder / "whole.mha"])],
    )
    wait_for(lambda: first(client.reader_studies.display_sets.detail(pk=case.pk).values))
    client.update_display_set(
        display_set_pk=case.pk, values=[spec(socket_slug="age", value=5)], title="Renamed"
    )
    shown = client.reader_studies.display_sets.detail(pk=case.pk)
    assert {value.interface.slug for value in shown.values} == {IMAGE, "age"}
    assert shown.title_safe == "Renamed"
    study = client.reader_studies.detail(slug="client-study")
    [question] = study.questions
    answer = client.reader_studies.answers.create(
        question=question.api_url, display_set=shown.api_url, answer=True
    )
    assert answer.answer is True
    changed = client.reader_studies.answers.partial_update(pk=answer.pk, answer=False)
    assert changed.answer is False
    mine = {found.pk for found in client.reader_studies.answers.mine.iterate_all()}
    assert answer.pk in mine


def check_reads(client: Any) -> None:
    apis = [
        client.images,
        client.raw_image_upload_sessions,
        client.workstation_configs,
        client.reader_studies,
        client.reader_studies.questions,
        client.reader_studies.display_sets,
        client.reader_studies.answers,
        client.algorithms,
        client.algorithm_images,
        client.algorithm_jobs,
        client.archives,
        client.archive_items,
        client.interfaces,
        client.uploads,
    ]
    for name in ("algorithm_endpoints", "algorithm_invocations", "sessions"):
        if hasattr(client, name):
            apis.append(getattr(client, name))
    for api in apis:
        list(api.iterate_all())
    try:
        client.archives.detail(pk="no-key")
    except gcapi.exceptions.ObjectNotFound:
        return
    raise AssertionError("A malformed key was found.")


def first(values: Any) -> Any:
    return values[0] if values else None


def wait_for(found: Any) -> Any:
    deadline = time.monotonic() + 120
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < deadline, "not imported in time"
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
