"""The gateway of a worker in the portal's own process: for tests, and where all is one program."""

from collections.abc import Sequence

from asgiref.sync import async_to_sync

from app.execution.contract import Capacity, CollectedOutput
from app.execution.gateway.base import Assignment, Ending, Gateway, NextCase, Report, Slip
from app.execution.services import assignments
from app.execution.services.next_cases import wait_for_case


class LocalGateway(Gateway):
    """Calls the portal's services directly; such a worker needs the database and storage."""

    def beat(
        self,
        name: str,
        *,
        queues: Sequence[str],
        has_engine: bool,
        engine: str,
        executor: str = "",
        capacity: Capacity | None = None,
        slots: int = 1,
        version: str = "",
        uptime: float = 0.0,
        draining: bool = False,
    ) -> set[str]:
        """Give a sign of life."""
        return assignments.hear_beat(
            name,
            queues=queues,
            has_engine=has_engine,
            engine=engine,
            executor=executor,
            capacity=capacity,
            slots=slots,
            version=version,
            uptime=uptime,
            draining=draining,
        )

    def claim(self, job_id: str, *, worker: str) -> Assignment | None:
        """Take the queued job whose turn it is."""
        return assignments.assign_run(job_id, worker=worker)

    def report(self, token: str, report: Report) -> bool:
        """Tell how it goes."""
        return assignments.hear_report(token, report)

    def request_slip(self, token: str, output: CollectedOutput) -> Slip:
        """Ask where an output may be sent."""
        return assignments.give_slip(token, output)

    def finish(self, token: str, ending: Ending) -> None:
        """Hand the run over."""
        assignments.hand_over(token, ending)

    def next_case(self, token: str, *, wait_seconds: float) -> NextCase:
        """Ask for the next case of a warm container."""
        return async_to_sync(wait_for_case)(token, wait_seconds=wait_seconds)

    def give_back(
        self, token: str, *, reason: str, crashed: bool = False, stopped: bool = False
    ) -> None:
        """Return a run that was lost."""
        assignments.take_back_run(token, reason=reason, crashed=crashed, stopped=stopped)
