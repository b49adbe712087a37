"""The demo's people and data: files made on the spot, and seed files that describe them."""

from app.web.demo.seed import seed, seed_people

__all__ = ["seed", "seed_people"]
