"""A real Ray cluster of two nodes on this machine, with one CPU each, for all tests of this folder."""

import pytest

from genmarket_env.runner import Runner, on_ray

STORE_BYTES = 250_000_000


@pytest.fixture(scope="package")
def cluster():
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in on_ray.QUIET.items():
            patch.setenv(name, value)
        head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE_BYTES}
        started = Cluster(initialize_head=True, head_node_args=head)
        started.store_bytes = STORE_BYTES
        on_ray.connected(started.address)  # to the head, which stays
        patch.setattr(on_ray, "_own_jobs", set())  # as if it were the user's, which nothing ends
        started.other = started.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        started.wait_for_nodes()
        yield started
        ray.shutdown()
        started.shutdown()


@pytest.fixture(scope="package")
def runner(cluster):
    return Runner("ray", address=cluster.address, patience=0)
