"""The line through the product, walked from outside over HTTP."""

from app.web.walkthrough.errors import StepFailed
from app.web.walkthrough.steps import Walkthrough

__all__ = ["StepFailed", "Walkthrough"]
