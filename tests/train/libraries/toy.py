"""The process of a library that learns nothing: it moves from the first action to the last, or fails."""

import os
import sys
import time

import numpy as np

from genmarket_env.train.libraries.job import drive
from genmarket_env.train.policies import MixtureSeat


def train(job, game):
    done = 0
    for stretch in job.stretches:
        done += stretch
        if job.seed == 13:
            raise ValueError("no luck\nwith this seed")
        if job.seed == 14:
            sys.stderr.write("first\nlast words\n")
            os._exit(7)
        if job.seed == 15:
            time.sleep(60)
        share = done / job.rounds
        mixture = np.zeros(int(game.spaces[0].n))
        mixture[0], mixture[-1] = 1 - share, share
        yield [MixtureSeat(None, mixture) for _ in game.players]


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))
