"""What challenges record."""

from app.core.audit import register_events

register_events(
    {
        "challenges.challenge.created": "{actor} made the challenge {object}",
        "challenges.challenge.changed": "{actor} changed the challenge {object}",
        "challenges.page.created": "{actor} wrote the page {object}",
        "challenges.page.changed": "{actor} changed the page {object}",
        "challenges.page.deleted": "{actor} deleted the page “{title}”",
        "challenges.announcement.made": "{actor} announced “{title}” in {object}",
        "challenges.design.declared": "{actor} declared design {number} of {object}",
        "challenges.design.amended": "{actor} amended the design of {object}: {reason}",
        "challenges.phase.created": "{actor} added the phase {object}",
        "challenges.phase.changed": "{actor} changed the phase {object}",
        "challenges.method.added": "{actor} added the evaluation method {object}",
        "challenges.ground_truth.added": "{actor} added the ground truth {object}",
        "challenges.starter_kit.changed": "{actor} changed the starter kit of {object}: {part}",
        "challenges.starter_kit.downloaded": "{actor} downloaded the starter kit of {object}",
        "challenges.submission.received": "{actor} submitted {object}",
        "challenges.submission.state_changed": ("{object}: {before} → {after}"),
        "challenges.evaluation.state_changed": ("{object}: {before} → {after}"),
        "challenges.submission.refunded": "{object} does not count as attempted",
        "challenges.grant.given": "{actor} granted {object}",
        "challenges.team.created": "{actor} made the team {object}",
        "challenges.team.changed": "{actor} changed the team {object}",
        "challenges.team.invited": "{actor} invited somebody to the team {object}",
        "challenges.team.joined": "{actor} joined the team {object}",
        "challenges.team.left": "{actor} left the team {object}, or took somebody out of it",
        "challenges.team.dissolved": "{actor} was the last to leave the team {object}",
        "challenges.teaminvitation.state_changed": "{object}: {before} → {after}",
        "challenges.evaluation.requested": "{actor} had {object} evaluated again",
        "challenges.evaluation.cancelled": "{actor} cancelled the evaluation {object}",
        "challenges.leaderboard.read": "{actor} read the leaderboard of {object} over the API",
        "challenges.challengerequest.state_changed": "{object}: {before} → {after}",
    }
)
