"""Where platforms come to rest, by loops over all multisets."""

import itertools

import networkx as nx
import numpy as np

from tests import oracle


def naive_limit_sets(scores, masses, platforms, rule):
    """[{profile: share of time}] of every equilibrium and every cycle without a way out, by first profile."""
    graph = nx.DiGraph()
    for profile in itertools.combinations_with_replacement(range(len(scores)), platforms):
        graph.add_node(profile)
        deviations = oracle.deviation_payoffs(scores, masses, profile, rule)
        movers = [i for i in range(platforms) if max(deviations[i]) - deviations[i][profile[i]] > 1e-12]
        for i in movers:
            replies = [j for j, u in enumerate(deviations[i]) if u >= max(deviations[i]) - 1e-12]
            for j in replies:
                after = tuple(sorted([*profile[:i], j, *profile[i + 1 :]]))
                before = graph.get_edge_data(profile, after, {"weight": 0.0})["weight"]
                graph.add_edge(profile, after, weight=before + 1 / (len(movers) * len(replies)))
    found = []
    for component in nx.strongly_connected_components(graph):
        if len(component) == 1 and not graph[min(component)]:
            found.append({min(component): 1.0})
        elif all(after in component for before in component for after in graph[before]):
            nodes = sorted(component)
            chain = nx.to_numpy_array(graph.subgraph(nodes), nodelist=nodes)
            # Half the time standing still: the same shares of time, and powers that converge in periodic chains too.
            power = np.linalg.matrix_power((chain + np.eye(len(nodes))) / 2, 2**20)
            found.append(dict(zip(nodes, power[0].tolist(), strict=True)))
    return sorted(found, key=min)


def naive_rests(scores, masses, platforms, rule):
    """The equilibria; or the cycles if there is none."""
    found = naive_limit_sets(scores, masses, platforms, rule)
    return [one for one in found if len(one) == 1] or found
