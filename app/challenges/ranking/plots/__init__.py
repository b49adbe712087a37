"""Pictures of rankings as Vega-Lite specifications: plain dictionaries, drawn by the browser.

They take the results of `rank`, and where single cases are shown the scores; they compute nothing
that is not in them, so that a picture and its table never differ.
"""

from app.challenges.ranking.plots.blobs import blob_plot
from app.challenges.ranking.plots.case_lines import case_lines
from app.challenges.ranking.plots.podium import podium
from app.challenges.ranking.plots.rank_heat_map import rank_heat_map
from app.challenges.ranking.plots.significance_map import significance_map
from app.challenges.ranking.plots.violins import stability_violins

__all__ = [
    "blob_plot",
    "case_lines",
    "podium",
    "rank_heat_map",
    "significance_map",
    "stability_violins",
]
