"""What the viewer records; opened images are recorded under their own name."""

from app.core.audit import register_events

register_events(
    {
        "viewer.session.moved": "The {object} moved from {before} to {after}",
        "viewer.session.opened": "{actor} opened a view session ({source})",
        "viewer.viewsession.state_changed": "The {object} went from {before} to {after}",
        "viewer.slicepack.state_changed": "The slice pack {object} went from {before} to {after}",
    }
)
