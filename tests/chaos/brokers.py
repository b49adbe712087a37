"""The two brokers under which a chaos run goes on: the Redis protocol, and SQS."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from app.core.tasks import QUEUES
from tests.chaos.members import Valkey, kill

READY_WITHIN = 30.0
ACCOUNT = "123456789012"


class Broker(Protocol):
    """Carries messages, and may lose all of them."""

    @property
    def servers(self) -> Mapping[str, str]:
        """The variables that programs need in order to find it."""

    def start(self) -> None:
        """Start it, or start it again."""

    def crash(self) -> None:
        """Kill it; it has forgotten everything when it is back."""

    def forget(self) -> None:
        """Let it lose everything while it goes on."""

    def left(self) -> Mapping[str, int]:
        """Messages that wait or were never acknowledged."""

    def stop(self) -> None:
        """End it."""


class RedisBroker:
    """Valkey, which is the channel layer too."""

    def __init__(self, home: Path) -> None:
        self._server = Valkey(home)
        self._server.ensure_started()

    @property
    def servers(self) -> Mapping[str, str]:
        return {"BROKER_URL": self._server.url, "CHANNEL_LAYER_URL": self._server.url}

    def start(self) -> None:
        self._server.ensure_started()

    def crash(self) -> None:
        self._server.crash()

    def forget(self) -> None:
        self._server.forget()

    def left(self) -> Mapping[str, int]:
        return {name: count for name, count in self._server.messages(QUEUES).items() if count}

    def stop(self) -> None:
        self._server.stop()


class SqsBroker:
    """A server that speaks SQS and keeps everything in its memory; Valkey carries the channels."""

    def __init__(self, home: Path, *, port: int, visibility: int) -> None:
        self._channels = Valkey(home)
        self._channels.ensure_started()
        self._port, self._visibility = port, visibility
        self._log = home / "logs" / "moto.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def servers(self) -> Mapping[str, str]:
        return {
            "BROKER_URL": f"sqs://key:secret@127.0.0.1:{self._port}//",
            "SQS_QUEUES_URL": f"{self._address}/{ACCOUNT}/chaos-",
            "CHANNEL_LAYER_URL": self._channels.url,
        }

    def start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + READY_WITHIN
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self._address}/moto-api/")
                break
            if time.monotonic() > deadline:
                raise RuntimeError("The SQS server does not answer.")
            time.sleep(0.1)
        for queue in QUEUES:
            attributes: Any = {"VisibilityTimeout": str(self._visibility)}
            self._client().create_queue(QueueName=f"chaos-{queue}", Attributes=attributes)

    def crash(self) -> None:
        if self._process is not None:
            kill(self._process.pid)
            self._process.wait()

    def forget(self) -> None:
        """Lose all messages. SQS purges a queue once a minute: until then, those that wait."""
        client = self._client()
        for queue in QUEUES:
            try:
                client.purge_queue(QueueUrl=self._queue(queue))
            except client.exceptions.PurgeQueueInProgress:
                self._empty(client, self._queue(queue))

    @staticmethod
    def _empty(client: Any, address: str) -> None:
        while True:
            found = client.receive_message(QueueUrl=address, MaxNumberOfMessages=10)
            if not found.get("Messages"):
                return
            for message in found["Messages"]:
                client.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])

    def left(self) -> Mapping[str, int]:
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = {}
        for queue in QUEUES:
            try:
                answer = self._client().get_queue_attributes(
                    QueueUrl=self._queue(queue), AttributeNames=names
                )
            except (BotoCoreError, ClientError):
                return {"unreachable": 1}
            found[queue] = sum(int(answer["Attributes"][name]) for name in names)
        return {queue: count for queue, count in found.items() if count}

    def stop(self) -> None:
        self.crash()
        self._channels.stop()

    def _queue(self, name: str) -> str:
        return f"{self._address}/{ACCOUNT}/chaos-{name}"

    def _client(self) -> Any:
        return boto3.session.Session().client(
            "sqs",
            region_name="us-east-1",
            endpoint_url=self._address,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
