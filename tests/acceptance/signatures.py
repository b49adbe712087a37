"""Ten thousand changed signed requests: none is answered, and the unchanged ones are.

Through the real endpoint over a socket, and through the verifier alone; signed by our signer and by
botocore's CloudFrontSigner, RSA and ECDSA, canned and custom, in the address and in cookies.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

COUNT = 10_000
SEED = 20261126


def run(record: dict[str, Any]) -> None:
    """Run the trial with the stored seed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()

    from tests.delivery.trial import run_trial

    with tempfile.TemporaryDirectory(prefix="hounsfield-signatures-") as folder:
        record["count"] = COUNT
        record.update(run_trial(Path(folder) / "home", count=COUNT, seed=SEED, files=5))
