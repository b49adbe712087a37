"""What access requests record."""

from app.core.audit import register_events

register_events(
    {
        "access_requests.request.made": "{actor} asked for access ({role}): {object}",
        "access_requests.request.let_in": "The portal let somebody in ({role}): {object}",
        "access_requests.request.dropped": "The request {object} fell away with what it was for",
    }
)
