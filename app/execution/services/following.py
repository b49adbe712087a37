"""Following a run and telling the portal how it goes. Runs on workers: no database."""

import codecs
import time

from app.core.workers import is_out_of_time
from app.execution.contract import RunResult
from app.execution.executors import LogChunk, UsageSample
from app.execution.gateway import Ending, Gateway, Report
from app.execution.services.sending import enclose_output, send_output, split_outputs

REPORT_SECONDS = 1.0
FIRST_REPORT_SECONDS = 0.3
LOG_AT_ONCE = 1 << 20
MAX_SAMPLES = 300


class WorkerEnds(Exception):
    """This worker was told to end, and the grace for what it has in hand is over."""


class Follower:
    """Tells the portal what happens to a run, about once a second.

    A start is told with the first report or with the end: what is over in a moment is not worth a
    call of its own.
    """

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway = gateway
        self._token = token
        self._executing = False
        self._text = LogText()
        self._unsent = ""
        self._sent = 0
        self._usage = Curve()
        self._reported_at = time.monotonic()
        self._stop = False

    def executing(self) -> None:
        """The container has been started."""
        self._executing = True
        self._reported_at = time.monotonic() - REPORT_SECONDS + FIRST_REPORT_SECONDS

    def logged(self, chunks: list[LogChunk]) -> None:
        """Keep what is new of the log until it is told."""
        self._unsent += "".join(self._text.of(chunk) for chunk in chunks)

    def sampled(self, samples: list[UsageSample]) -> None:
        """Add to the curve of what the container uses."""
        self._usage.add(samples)

    def wants_stop(self) -> bool:
        """Tell the portal how it goes, at most once a second, and hear whether to stop.

        Raises `WorkerEnds` where the run has to go back: its container is removed on the way.
        """
        if is_out_of_time():
            raise WorkerEnds
        if time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self.report()
        return self._stop

    def collecting(self) -> None:
        """The container has ended."""

    def finished(self, result: RunResult) -> None:
        """Send the outputs and hand the run over."""
        while len(self._unsent) > LOG_AT_ONCE:
            self.report()
        small, large = split_outputs(result.outputs)
        sent = [send_output(self._gateway, self._token, output) for output in large]
        ending = Ending(
            record=result.as_record(),
            outputs=sent,
            enclosed=[enclose_output(output) for output in small],
            last=self._news(),
        )
        self._gateway.finish(self._token, ending)

    def report(self) -> None:
        """Tell it now. The log is only counted as told when the portal has answered."""
        news = self._news()
        self._stop = self._gateway.report(self._token, news)
        self._reported_at = time.monotonic()
        self._sent += len(news.log)
        self._unsent = self._unsent[len(news.log) :]

    def _news(self) -> Report:
        return Report(
            executing=self._executing,
            log=self._unsent[:LOG_AT_ONCE],
            log_start=self._sent,
            usage=self._usage.points() if self._usage.is_new() else None,
        )


class LogText:
    """The two streams of a container as one text, in the order in which they came.

    A stream that breaks into a line of the other begins a line of its own: an error told behind
    unfinished output would be a part of that line, and lost where long lines are cut.
    """

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: decoder(errors="replace") for name in ("stdout", "stderr")}
        self._last = ""
        self._in_line = False

    def of(self, chunk: LogChunk) -> str:
        """Return what the chunk adds to the text; half a character waits for its other half."""
        text = self._decoders[chunk.stream].decode(chunk.content)
        if not text:
            return ""
        breaks_in = self._in_line and chunk.stream != self._last
        self._last, self._in_line = chunk.stream, not text.endswith("\n")
        return f"\n{text}" if breaks_in else text


class Curve:
    """At most 300 samples however long it takes: a full curve keeps every second one."""

    def __init__(self) -> None:
        self._points: list[list[float]] = []
        self._every = 1
        self._seen = 0
        self._told = 0

    def add(self, samples: list[UsageSample]) -> None:
        """Add the samples whose turn it is; memory is the most since the one before."""
        for sample in samples:
            if self._seen % self._every == 0:
                self._points.append([sample.seconds, sample.cpu, sample.memory])
            else:
                self._points[-1][2] = max(self._points[-1][2], sample.memory)
            self._seen += 1
            if len(self._points) > MAX_SAMPLES:
                self._points = self._points[::2]
                self._every *= 2

    def is_new(self) -> bool:
        """Tell whether there are samples that were not asked for yet."""
        return self._seen > self._told

    def points(self) -> list[list[float]]:
        """Return the curve so far."""
        self._told = self._seen
        return [list(point) for point in self._points]
