"""The tests of `train.diffusion`: skipped where the extra is not installed; small models that train in no time."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from genmarket_env.train.diffusion import data, settings
from genmarket_env.train.diffusion.classifier import Classifier
from genmarket_env.train.diffusion.generator import Baseline, Variant
from genmarket_env.train.diffusion.groups import paper_groups
from genmarket_env.train.diffusion.measure import Measurement
from genmarket_env.train.diffusion.neighbours import Neighbours
from genmarket_env.train.diffusion.store import Store

TINY = settings.tiny(settings.DIGITS)


MISSING = [name for name in ("accelerate", "diffusers", "peft", "safetensors", "sklearn") if find_spec(name) is None]


def pytest_collection_modifyitems(items):
    # A mark, not a fixture: the skips of a file are then reported in one line.
    if MISSING:
        skip = pytest.mark.skip(reason=f"{MISSING[0]} is not installed: it belongs to the extra diffusion")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def source():
    return data.find("digits")


@pytest.fixture(scope="session")
def groups():
    return paper_groups("0123456789")


@pytest.fixture(scope="session")
def store(tmp_path_factory, _one_thread):
    return Store(tmp_path_factory.mktemp("steps"))


@pytest.fixture(scope="session")
def classifier(source):
    return Classifier(source, TINY.classifier, 0)


@pytest.fixture(scope="session")
def baseline(source):
    return Baseline(source, TINY.generator, TINY.baseline, 0)


@pytest.fixture(scope="session")
def variant(baseline):
    return Variant(baseline, (3, 5), TINY.variant, 0)


@pytest.fixture(scope="session")
def measurement(source, variant, baseline, classifier):
    return Measurement(variant, baseline, classifier, Neighbours(source), TINY.images, 0)
