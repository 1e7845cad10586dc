"""The process of a library that learns nothing: it moves from the first action to the last, or fails."""

import os
import signal
import sys
import time
from pathlib import Path

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
        if job.seed == 16:
            os.kill(os.getpid(), signal.SIGKILL)
        if job.seed == 17:
            Path(sys.argv[2], "0.npz").write_bytes(b"PK half a file")
            os._exit(0)
        if job.seed == 18:
            os._exit(0)
        if job.seed == 19:
            sys.stdout.write("a progress bar\n")
            sys.stderr.write("a warning\n")
            raise RuntimeError("the first line\nand the second")
        sys.stdout.write("what libraries print\n")
        share = done / job.rounds
        mixture = np.zeros(int(game.spaces[0].n))
        mixture[0], mixture[-1] = 1 - share, share
        yield [MixtureSeat(None, mixture) for _ in game.players]


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))
