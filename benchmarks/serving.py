"""What a case costs in a container that stays up, beside a container of its own.

1. The same small case on the same libraries (numpy and SimpleITK are imported), run and served, in
   turns; the seconds are those from the specification to the results.
2. A container of a shell that does nothing, served, frozen in between: what the engine costs.
3. One question by way of the container's network namespace and by way of the engine, in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.execution.contract import InputFile, Limits, RunSpec
from app.execution.contract.limits import GIB
from app.execution.contract.serving import API_LABEL, HEALTH_PATH, AnswerReader, request_for
from app.execution.contract.spec import ImageReference
from app.execution.executors import Server, open_server, run_to_end
from app.execution.executors.base import Service
from app.execution.executors.docker import DockerExecutor
from benchmarks.record import keep
from tests.contract.executor_cases import Recorder, make_spec
from tests.factories.containers import DONE, serving_image
from tests.factories.engines import FileServer, engine_address, serve
from tests.hostile.friendly import PythonImage

PACKAGES = ("numpy==2.2.6", "SimpleITK==2.5.2")
LIMITS = Limits(memory=2 * GIB, scratch=1 * GIB, output=1 * GIB)
WARM_UP = 2
CASE = """
import json
import numpy
import SimpleITK
def process():
    with open("/input/case.json") as file:
        case = json.load(file)
    image = SimpleITK.GetImageFromArray(numpy.full((8, 8, 8), case["case"], dtype="int16"))
    with open("/output/result.json", "w") as file:
        json.dump({"sum": int(SimpleITK.GetArrayFromImage(image).sum())}, file)
"""
RUN = f"{CASE}\nprocess()\n"
SERVE = f"""{CASE}
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200)
    def do_POST(self):
        process()
        self.answer(201)
    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_request(self, *args):
        pass
HTTPServer(("127.0.0.1", 4743), Handler).serve_forever()
"""


def _python(script: str, *, stays_up: bool) -> PythonImage:
    labels = {API_LABEL: "invoke"} if stays_up else {}
    return PythonImage(script, packages=PACKAGES, env={"PYTHONPATH": "/opt/site"}, labels=labels)


def _case(image: ImageReference, number: int) -> RunSpec:
    given = InputFile(relative_path="case.json", content=b'{"case": %d}' % number)
    return make_spec(image, inputs=(given,), limits=LIMITS)


@contextmanager
def _opened(executor: DockerExecutor, image: ImageReference) -> Iterator[Server]:
    server = open_server(executor, _case(image, 0), Recorder())
    try:
        yield server
    finally:
        server.close()


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure_cases(executor: DockerExecutor, files: FileServer, *, rounds: int) -> dict[str, Any]:
    """Return both ways in turns, and where a served case's time goes."""
    run_image = _python(RUN, stays_up=False)(files)
    serve_image = _python(SERVE, stays_up=True)(files)
    ran: list[float] = []
    served: list[float] = []
    steps: dict[str, list[float]] = {"provisioning": [], "executing": [], "collecting": []}

    def run(number: int) -> None:
        result = run_to_end(executor, _case(run_image, number), Recorder())
        _check(result.succeeded, result.reason)

    def invoke(number: int) -> None:
        recorder = Recorder()
        result = server.invoke(_case(serve_image, number), recorder)
        _check(result.succeeded and server.usable, result.reason)
        _check(recorder.files == {"result": b'{"sum": %d}' % (512 * number)}, recorder.files)
        for name, found in steps.items():
            found.append(getattr(result.timings, name) * 1000)

    run(0)  # loads the image
    opened = time.perf_counter()
    with _opened(executor, serve_image) as server:
        opening = time.perf_counter() - opened
        for number in range(rounds + WARM_UP):
            ways = [
                (ran, partial(run, number)),
                (served, partial(invoke, number)),
            ]
            for took, way in ways if number % 2 else reversed(ways):
                took.append(_milliseconds(way))
    ran, served = ran[WARM_UP:], served[WARM_UP:]
    times = statistics.median(ran) / statistics.median(served)
    return {
        "rounds": rounds,
        "packages": list(PACKAGES),
        "run_ms": _spread(ran),
        "served_ms": _spread(served),
        "served_steps_ms": {name: _spread(found[WARM_UP:]) for name, found in steps.items()},
        "opening_ms": round(opening * 1000, 1),
        "run_times_served": round(times, 2),
        "goal": 5,
        "reached": times >= 5,
    }


def measure_nothing(executor: DockerExecutor, files: FileServer, *, rounds: int) -> dict[str, Any]:
    """Return what a case costs that does nothing, in a container that was frozen before."""
    image = files.publish_image(
        serving_image(f"cp /input/case.json /output/result.json; {DONE}", tags=[])
    )
    took = []
    with _opened(executor, image) as server:
        server.pause()
        for number in range(rounds + WARM_UP):
            spec = _case(image, number)
            took.append(_milliseconds(partial(server.invoke, spec, Recorder())))
            _check(server.usable, "the container was lost")
    return {"rounds": rounds, "served_ms": _spread(took[WARM_UP:])}


def measure_asking(executor: DockerExecutor, files: FileServer, *, rounds: int) -> dict[str, Any]:
    """Return what one question costs by either way into the same kind of container."""
    image = files.publish_image(serving_image(DONE, tags=[]))
    took: dict[str, list[float]] = {"namespace": [], "engine": []}
    spec = _case(image, 0)
    services: dict[str, Service] = {
        "namespace": executor.provision_service(spec),
        "engine": executor.provision_service(
            replace(spec, limits=replace(LIMITS, writable_root=GIB))
        ),
    }
    try:
        for service in services.values():
            service.start()
            while _ask(service) != 200:
                _check(service.poll(0.05) is None, "the container ended")
        for number in range(rounds + WARM_UP):
            order = list(services) if number % 2 else list(services)[::-1]
            for name in order:
                took[name].append(_milliseconds(partial(_ask, services[name])))
    finally:
        for service in services.values():
            service.release()
    return {"rounds": rounds} | {
        f"{name}_ms": _spread(found[WARM_UP:]) for name, found in took.items()
    }


def _ask(service: Service) -> int | None:
    answer = AnswerReader()
    try:
        channel = service.ask(request_for("GET", HEALTH_PATH))
    except OSError:
        return None
    try:
        while not answer.complete:
            if (data := channel.receive(5.0)) is not None:
                answer.feed(data)
    finally:
        channel.close()
    return answer.status


def _check(good: bool, said: object) -> None:
    if not good:
        raise RuntimeError(f"A case did not succeed: {said}")


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(last, 1)}


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-serving-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "served").mkdir()
        executor = DockerExecutor(work_folder=root / "work", base_url=engine_address())
        with serve(root / "served") as files:
            found = {
                "case": measure_cases(executor, files, rounds=given.rounds),
                "nothing": measure_nothing(executor, files, rounds=given.rounds),
                "asking": measure_asking(executor, files, rounds=given.rounds),
            }
    keep("serving", found)


if __name__ == "__main__":
    main()
