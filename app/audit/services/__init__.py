"""Recording events, sealing them, signing heads, and checking it all."""

from app.audit.services.heads import sign_head, thin_heads
from app.audit.services.recording import change, record
from app.audit.services.sealing import seal
from app.audit.services.verifying import verify

__all__ = ["change", "record", "seal", "sign_head", "thin_heads", "verify"]
