"""The groups of the CIFAR-10 study: the published figures, and scores as naive sums."""

import itertools

import numpy as np
import pytest

from genmarket_env import markets
from genmarket_env.markets.paper import cifar_users

PUBLISHED = """
Pet Lovers: cat .6 dog .4; .18 | Canine Focus: dog .7 cat .3; .17 | Vehicles A: airplane .5 ship .3 automobile .2; .16 |
Vehicles B: automobile .6 truck .4; .16 | Nature: bird .4 deer .3 frog .2 horse .1; .17 |
Mixed Market: cat .2 dog .2 airplane .15 automobile .15 ship .1 truck .2; .16
"""


def published():
    for group in PUBLISHED.split("|"):
        name, rest = group.split(":")
        likes, mass = rest.split(";")
        words = likes.split()
        yield name.strip(), dict(zip(words[::2], map(float, words[1::2]), strict=True)), float(mass)


def test_the_groups_are_those_of_the_paper():
    groups = list(published())
    assert [(g.name, dict(g.likes), g.mass) for g in cifar_users.GROUPS] == groups
    preferences, masses = cifar_users.class_preferences(), cifar_users.group_masses()
    for (k, (_, likes, mass)), (c, name) in itertools.product(enumerate(groups), enumerate(cifar_users.CLASSES)):
        assert preferences[k, c] == likes.get(name, 0)
        assert masses[k] == mass
    np.testing.assert_allclose(preferences.sum(axis=1), 1, rtol=0, atol=1e-15)


def test_scores_are_sums_over_classes():
    quality = np.random.default_rng(0).random((3, 10))
    quality.flags.writeable = False
    market = markets.load("paper-cifar-users", quality=quality, model_names=["a", "b", "c"])
    assert market.model_names == ("a", "b", "c")
    assert market.user_names == tuple(name for name, _, _ in published())
    for j, (k, (_, likes, _)) in itertools.product(range(3), enumerate(published())):
        expected = sum(part * quality[j, cifar_users.CLASSES.index(name)] for name, part in likes.items())
        assert market.scores[j, k] == pytest.approx(expected, rel=0, abs=1e-15)


def test_perfect_models_and_batches_are_taken():
    market = markets.load("paper-cifar-users", quality=np.ones((4, 2, 10)))
    assert market.batch_shape == (4,)
    np.testing.assert_allclose(market.scores, 1, rtol=0, atol=1e-15)


def test_the_default_pool_spreads_the_images_of_each_model():
    quality = cifar_users.default_quality()
    for (tuned, part), row in zip(cifar_users.POOL.values(), quality, strict=True):
        inside = [row[c] for c, name in enumerate(cifar_users.CLASSES) if name in tuned]
        assert len(inside) == len(tuned)
        assert sum(inside) == pytest.approx(part)
        assert row.sum() == pytest.approx(1)
        assert max(inside) == pytest.approx(min(inside))
    assert markets.load("paper-cifar-users").model_names == tuple(cifar_users.POOL)


@pytest.mark.parametrize(
    ("quality", "error", "words"),
    [
        (np.full((2, 9), 0.5), ValueError, r"quality has the shape \(2, 9\); it needs the axes \(models, 10 classes\)"),
        (np.full(10, 0.5), ValueError, r"quality has the shape \(10,\)"),
        (np.full((1, 10), 1.5), ValueError, r"quality\[0, 0\] is 1.5; it must be in \[0, 1\]"),
        (np.full((1, 10), np.nan), ValueError, r"quality\[0, 0\] is nan"),
        ([["a"] * 10], TypeError, "quality must be real numbers"),
        ([[0.5] * 10, [0.5]], ValueError, "quality are ragged"),
    ],
)
def test_a_bad_quality_is_named(quality, error, words):
    with pytest.raises(error, match=words):
        markets.load("paper-cifar-users", quality=quality)


def test_the_quality_may_be_in_a_file(tmp_path):
    quality = np.random.default_rng(0).uniform(0, 1, (3, 10))
    names = ["a", "b", "c"]
    turned = cifar_users.CLASSES[3:] + cifar_users.CLASSES[:3]
    lines = [",".join(("model", *turned))]
    lines += [",".join((name, *map(repr, np.roll(row, -3).tolist()))) for name, row in zip(names, quality, strict=True)]
    path = tmp_path / "quality.csv"
    path.write_text("\n".join(lines))
    market = markets.load("paper-cifar-users", quality=str(path))
    assert market.model_names == tuple(names)
    np.testing.assert_array_equal(market.scores, markets.load("paper-cifar-users", quality=quality).scores)
    assert "quality.csv" in markets.describe("paper-cifar-users", quality=path).title
    path.write_text("\n".join(line.rpartition(",")[0] for line in lines))
    with pytest.raises(ValueError, match=r"quality.csv.*the columns must be the classes airplane, automobile"):
        markets.load("paper-cifar-users", quality=path)
    path.write_text("\n".join([lines[0], "masses" + ",0.1" * 10, *lines[1:]]))
    with pytest.raises(ValueError, match="the groups have their own masses"):
        markets.load("paper-cifar-users", quality=path)
