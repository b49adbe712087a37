"""Celery's way to SQS, with a consumer that does not fall silent.

kombu asks a queue for messages again from the answer to the question before. When an answer is an
error (a server that restarts, throttling, a line that is cut), or a message cannot be read, nobody
asks again and the worker stands still without a word (celery issues 5072 and 8243). Here a queue
is asked again after a pause, whatever came.
"""

import logging
from functools import partial
from typing import Any

from kombu.transport import SQS, TRANSPORT_ALIASES

logger = logging.getLogger(__name__)

PAUSE = 1.0  # seconds before a queue is asked again that could not be read
_OK = 200
_FAILED = -1  # messages, where others count them
_NO_ANSWER: dict[str, Any] = {}


class QoS(SQS.QoS):
    """What was taken and not done yet."""

    def restore_unacked(self) -> Any:
        """Hand back what was not done; return nothing, for kombu writes what is left to a file.

        SQS hands out again by itself what was not acknowledged.
        """
        kombu: Any = super()
        left = kombu.restore_unacked()
        if left:
            logger.warning("%s messages could not be handed back; SQS does it later.", len(left))
        return []


class Channel(SQS.Channel):
    """One worker's conversation with its queues."""

    QoS = QoS
    hub: Any
    _schedule_queue: Any

    def asynsqs(self, queue: str | None = None) -> Any:
        """Return the connection that messages come by; no answer of its breaks the chain."""
        kombu: Any = super()
        connection = kombu.asynsqs(queue)
        if not isinstance(connection._on_list_ready, partial):
            connection._on_list_ready = partial(_answered, connection._on_list_ready)
        return connection

    def _on_messages_ready(self, queue: str, qname: str, messages: dict[str, Any]) -> int:
        if messages is _NO_ANSWER:
            return _FAILED
        kombu: Any = super()
        try:
            return int(kombu._on_messages_ready(queue, qname, messages))
        except Exception:
            logger.exception("A message of the queue %s could not be taken.", qname)
            return _FAILED

    def _loop1(self, queue: str, messages_fetched: Any = None) -> None:
        if messages_fetched == _FAILED:
            self.hub.call_later(PAUSE, self._schedule_queue, queue)
        else:
            kombu: Any = super()
            kombu._loop1(queue, messages_fetched)


class Transport(SQS.Transport):
    """kombu's transport with our channel."""

    Channel = Channel


def use() -> None:
    """Let addresses that begin with ``sqs://`` mean this transport."""
    TRANSPORT_ALIASES["sqs"] = f"{__name__}:Transport"


def _answered(read: Any, parent: Any, markers: Any, operation: str, response: Any) -> Any:
    """Read an answer of SQS, or say that there was none."""
    if response.status != _OK:
        logger.warning("SQS answered %s with %s.", operation, response.status)
        return _NO_ANSWER
    try:
        return read(parent, markers, operation, response)
    except Exception:
        logger.exception("The answer of SQS to %s could not be read.", operation)
        return _NO_ANSWER
