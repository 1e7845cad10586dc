"""Markov chains as sparse moves: which nodes they cannot leave, and the share of time in each of those.

The moves of `node` lead to `targets[ends[node]:ends[node + 1]]`, with the probabilities `chances`.
"""

import numpy as np

from . import jit


@jit
def components(ends, targets):
    """The strongly connected component of each node, and whether no edge leaves it: Tarjan's algorithm, no recursion.

    The edges of `node` lead to `targets[ends[node]:ends[node + 1]]`.
    """
    nodes = ends.shape[0] - 1
    label, found, low = np.full(nodes, -1), np.full(nodes, -1), np.zeros(nodes, np.int64)
    stack, path, edge = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    height, clock, count = 0, 0, 0
    for root in range(nodes):
        if found[root] >= 0:
            continue
        depth = 0
        path[0] = root
        found[root] = low[root] = clock
        clock += 1
        stack[height] = root
        height += 1
        edge[root] = ends[root]
        while depth >= 0:
            node = path[depth]
            if edge[node] < ends[node + 1]:
                target = targets[edge[node]]
                edge[node] += 1
                if found[target] < 0:
                    depth += 1
                    path[depth] = target
                    found[target] = low[target] = clock
                    clock += 1
                    stack[height] = target
                    height += 1
                    edge[target] = ends[target]
                elif label[target] < 0:
                    low[node] = min(low[node], found[target])
                continue
            if low[node] == found[node]:
                while True:
                    height -= 1
                    label[stack[height]] = count
                    if stack[height] == node:
                        break
                count += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[node])
    return label, without_way_out(label, count, ends, targets)


@jit
def without_way_out(label, count, ends, targets):
    """Whether no edge leaves each of the `count` components."""
    terminal = np.ones(count, np.bool_)
    for node in range(label.shape[0]):
        for place in range(ends[node], ends[node + 1]):
            if label[targets[place]] != label[node]:
                terminal[label[node]] = False
    return terminal


@jit
def time_in_each(held, ends, targets, chances):
    """The share of time in each of the nodes `held` of a chain that does not leave them.

    By the elimination of Grassmann, Taksar and Heyman, which subtracts nothing and so loses no digits.
    """
    size = held.shape[0]
    chain = np.zeros((size, size))
    index = np.zeros(ends.shape[0] - 1, np.int64)
    for row in range(size):
        index[held[row]] = row
    for row in range(size):
        for place in range(ends[held[row]], ends[held[row] + 1]):
            chain[row, index[targets[place]]] += chances[place]
    for last in range(size - 1, 0, -1):
        leaving = chain[last, :last].sum()
        for row in range(last):
            chain[row, last] /= leaving
            if chain[row, last] > 0:
                for column in range(last):
                    chain[row, column] += chain[row, last] * chain[last, column]
    time = np.zeros(size)
    time[0] = 1.0
    for last in range(1, size):
        for row in range(last):
            time[last] += time[row] * chain[row, last]
    return time / time.sum()
