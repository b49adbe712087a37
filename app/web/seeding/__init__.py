"""Seed files: what a portal starts with, described as JSON and made by the services."""

from app.web.seeding.reading import Problem, UnusableSeed, json_schema
from app.web.seeding.run import Outcome, Status
from app.web.seeding.seeding import Result, seed

__all__ = ["Outcome", "Problem", "Result", "Status", "UnusableSeed", "json_schema", "seed"]
