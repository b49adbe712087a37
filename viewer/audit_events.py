"""What the viewer records; opened images are recorded under their own name."""

from app.core.audit import register_events

register_events(
    {
        "viewer.configuration.changed": "{actor} changed the viewer configuration {object}",
        "viewer.configuration.created": "{actor} made the viewer configuration {object}",
        "viewer.configuration.deleted": "{actor} deleted the viewer configuration {title}",
        "viewer.protocol.changed": "{actor} changed the hanging protocol {object}",
        "viewer.protocol.created": "{actor} made the hanging protocol {object}",
        "viewer.protocol.deleted": "{actor} deleted the hanging protocol {title}",
        "viewer.viewing.changed": "{actor} changed how the cases of {object} are viewed",
        "viewer.annotation.changed": "{actor} changed {object}: version {version}",
        "viewer.annotation.copied": "{actor} made {object} as a copy of {of}",
        "viewer.annotation.created": "{actor} drew {object} ({source})",
        "viewer.annotation.deleted": "{actor} deleted {object}",
        "viewer.annotation.exported": "{actor} took {object} as a file ({as})",
        "viewer.annotation.restored": "{actor} brought {object} back",
        "viewer.annotations.exported": "{actor} took the measurements of a display set ({source})",
        "viewer.session.moved": "The {object} moved from {before} to {after}",
        "viewer.session.opened": "{actor} opened a view session ({source})",
        "viewer.viewsession.state_changed": "The {object} went from {before} to {after}",
        "viewer.slicepack.state_changed": "The slice pack {object} went from {before} to {after}",
    }
)
