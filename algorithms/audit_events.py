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
        "algorithms.log.read": "{actor} read the log of the run {object}",
        "algorithms.algorithmrequest.state_changed": "{object}: {before} → {after}",
    }
)
