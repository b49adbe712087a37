"""What algorithms record."""

from app.core.audit import register_events

register_events(
    {
        "algorithms.algorithm.created": "{actor} made the algorithm {object}",
        "algorithms.algorithm.changed": "{actor} changed the algorithm {object}",
        "algorithms.version.added": "{actor} added version {number}: {object}",
        "algorithms.run.started": "{actor} ran {object} on {runs} case(s)",
        "algorithms.log.read": "{actor} read the log of the run {object}",
        "algorithms.algorithmrequest.state_changed": "{object}: {before} → {after}",
    }
)
