"""What algorithms record."""

from app.core.audit import register_events

register_events(
    {
        "algorithms.algorithm.created": "{actor} made the algorithm {object}",
        "algorithms.algorithm.changed": "{actor} changed the algorithm {object}",
        "algorithms.version.added": "{actor} added version {number}: {object}",
        "algorithms.run.started": "{actor} ran {object} on {runs} case(s)",
        "algorithms.run.repeated": "{actor} ran {object} again",
        "algorithms.run.changed": "{actor} changed the run {object}",
        "algorithms.batch.started": "{actor} started the batch {object} of {cases} case(s)",
        "algorithms.batch.cancelled": "{actor} cancelled what was left of the batch {object}",
        "algorithms.batch.exported": "{actor} downloaded the results of the batch {object}",
        "algorithms.batchcase.state_changed": "{object}: {before} → {after}",
        "algorithms.credits.granted": "{actor} gave {credits} credits: {object}",
        "algorithms.credits.refunded": "The credits of {object} were given back: {why}",
        "algorithms.terms.changed": "{actor} changed the {object}",
        "algorithms.log.read": "{actor} read the log of the run {object}",
        "algorithms.algorithmrequest.state_changed": "{object}: {before} → {after}",
    }
)
