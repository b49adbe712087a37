"""The chaos run on SQS, whose server here forgets everything when it is killed."""

from typing import Any

from tests.acceptance import chaos


def run(record: dict[str, Any]) -> None:
    chaos.run(record, broker="sqs")
