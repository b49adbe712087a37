"""What algorithms record."""

from app.core.audit import register_events

register_events(
    {
        "algorithms.algorithm.created": "{actor} made the algorithm {object}",
        "algorithms.algorithm.changed": "{actor} changed the algorithm {object}",
        "algorithms.version.added": "{actor} added version {number}: {object}",
        "algorithms.algorithm.published": "{actor} published {object}",
        "algorithms.algorithm.unpublished": "{actor} took back the publication of {object}",
        "algorithms.version.staged": "{actor} moved {object} from {before} to {after}",
        "algorithms.version.restored": "{actor} uploaded the archive of {object} again",
        "algorithms.version.deleted": "{actor} deleted {object}",
        "algorithms.model.added": "{actor} added the model {number}: {object}",
        "algorithms.model.staged": "{actor} moved {object} from {before} to {after}",
        "algorithms.model.restored": "{actor} uploaded the archive of {object} again",
        "algorithms.model.deleted": "{actor} deleted {object}",
        "algorithms.interface.added": "{actor} let {object} take {inputs} and give {outputs}",
        "algorithms.interface.removed": "{actor} removed the interface {inputs} of {object}",
        "algorithms.interface.withdrawn": "{actor} withdrew the interface {inputs} of {object}",
        "algorithms.interface.offered": "{actor} offered the interface {inputs} of {object} again",
        "algorithms.run.started": "{actor} ran {object} on {runs} case(s)",
        "algorithms.run.reproduced": "{actor} ran {object} again to compare the outputs",
        "algorithms.run.repeated": "{actor} ran {object} again",
        "algorithms.run.changed": "{actor} changed the run {object}",
        "algorithms.endpoint.started": "{actor} keeps a container of {object} warm",
        "algorithms.version.called": "{actor} had {object} called {how}",
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
