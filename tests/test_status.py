from genmarket_env import Status
from genmarket_env.compiled import dynamics


def test_every_status_is_true_and_shows_its_name():
    for status in Status:
        assert bool(status) is True
        assert str(status) == f"{status}" == f"Status.{status.name}"


def test_the_compiled_dynamics_use_the_same_numbers():
    assert {name: getattr(dynamics, name) for name in Status.__members__} == dict(Status.__members__)
