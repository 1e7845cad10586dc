"""Markets in and out: a catalogue of named markets, and files in CSV and JSON.

>>> from genmarket_env import markets
>>> markets.load("livebench-2026-06")
Market(models=24, users=7)
"""

from .catalogue import describe, load, names
from .entries import Entry
from .files import save
from .importers import IMPORTERS, Importer, import_table
from .importers.importer import DividedMassesWarning, OverlappingUsersWarning
from .left_out import LeftOutWarning
from .merging import merge_types
from .offers import Platforms, platforms
from .pool import weighted, without
from .samplers import MarketSampler, RandomMarkets, ResampledMarkets
from .table import Table, UniformMassesWarning
from .users_files import open_users, write_users
from .users_labels import user_labels

__all__ = [
    "IMPORTERS",
    "DividedMassesWarning",
    "Entry",
    "Importer",
    "LeftOutWarning",
    "MarketSampler",
    "OverlappingUsersWarning",
    "Platforms",
    "RandomMarkets",
    "ResampledMarkets",
    "Table",
    "UniformMassesWarning",
    "describe",
    "import_table",
    "load",
    "merge_types",
    "names",
    "open_users",
    "platforms",
    "save",
    "user_labels",
    "weighted",
    "without",
    "write_users",
]
