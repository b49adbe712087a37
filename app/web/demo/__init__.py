"""The demo's data: people, images, a study, algorithms and a challenge, all made by services."""

from app.web.demo.seed import seed

__all__ = ["seed"]
