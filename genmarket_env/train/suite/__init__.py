"""Graded games and markets with their exact answers, and a leaderboard of learners on them."""

from .instances import KINDS, Instance, instance, instances, names

__all__ = ["KINDS", "Instance", "instance", "instances", "names"]
