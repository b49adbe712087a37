"""What organizers set about a phase's ranking, and the same in words."""

from dataclasses import asdict, dataclass, field
from typing import Any

from app.challenges.leaderboards.columns import columns_of
from app.challenges.leaderboards.shown_scores import decimals_of
from app.challenges.models import Phase

_COUNTS = {
    Phase.Counts.BEST: "Of the results of a team or lone participant the best one counts.",
    Phase.Counts.LATEST: "Of the results of a team or lone participant the latest one counts.",
    Phase.Counts.CHOSEN: "Of the results of a team or lone participant the one that they choose "
    "counts; until they do, the best.",
}


@dataclass(frozen=True)
class RankingSettings:
    """How a phase ranks and what it shows of it; the names are those of `Phase`."""

    ranking_plan: dict[str, Any] | None
    counts: str
    ladder_step: float | None
    score_decimals: int | None
    publish_ranking: bool
    leaderboard_columns: list[dict[str, Any]] = field(default_factory=list)

    def changed(self, phase: Phase) -> dict[str, Any]:
        """Return those that ``phase`` has otherwise."""
        given = asdict(self)
        return {name: value for name, value in given.items() if getattr(phase, name) != value}


def rules_words(phase: Phase) -> list[str]:
    """Return in words what is set beside the plan."""
    words = [_COUNTS[Phase.Counts(phase.counts)]]
    if phase.ladder_step:
        words.append(
            "A better result replaces the one that is shown only if it is better by "
            f"{phase.ladder_step:g}."
        )
    words.append(f"Scores are shown with {decimals_of(phase)} decimals.")
    columns = columns_of(phase)
    if columns:
        beside = ", ".join(column.words for column in columns)
        words.append(f"Beside the score the leaderboard shows {beside}.")
    who = "everybody who sees the leaderboard" if phase.publish_ranking else "the organizers alone"
    words.append(f"The plan, the scores by number of the case, and the results are for {who}.")
    if phase.ranking_plan is None:
        words.append("Entries are ranked by the portal’s own plan.")
    return words
