"""What people should know, how they want to hear of it, and the mail on its way."""

from app.notifications.models.notification import Notification
from app.notifications.models.outgoing import OutgoingMail
from app.notifications.models.preferences import Digest, KindChoice

__all__ = ["Digest", "KindChoice", "Notification", "OutgoingMail"]
