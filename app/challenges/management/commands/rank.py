"""`manage.py rank PLAN SCORES`: run a ranking plan; the same files give the same bytes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.challenges.ranking import (
    PlanInvalid,
    RankingRefused,
    ScoresInvalid,
    rank_bytes,
    read_plan,
    read_scores,
)


class Command(BaseCommand):
    """Rank what is in a CSV file by a plan, without a database."""

    help = "Run a ranking plan on a file of scores and print the results as JSON."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the plan, the scores, and where the results go."""
        parser.add_argument("plan", type=Path, help="The ranking plan (JSON), see docs/ranking.md.")
        parser.add_argument(
            "scores", type=Path, help="The scores (CSV): task,case,algorithm,metric,value."
        )
        parser.add_argument("--output", type=Path, help="Write the results here, not to stdout.")

    def handle(
        self, *args: Any, plan: Path, scores: Path, output: Path | None = None, **options: Any
    ) -> None:
        """Write the results, or say in one line what is wrong with which file."""
        try:
            read = read_plan(plan.read_bytes())
        except (PlanInvalid, OSError) as error:
            raise CommandError(f"{plan}: {error}") from None
        try:
            result = rank_bytes(read, read_scores(scores.read_bytes()))
        except (ScoresInvalid, RankingRefused, OSError) as error:
            raise CommandError(f"{scores}: {error}") from None
        if output is None:
            self.stdout.write(result.decode(), ending="")
        else:
            output.write_bytes(result)
