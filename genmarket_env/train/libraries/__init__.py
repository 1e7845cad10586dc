"""Learners of other libraries in every game: each trains in a process, and an environment, of its own.

The process is told a game's name, a budget and a seed, and writes what the players do as files of policies
(`genmarket_env.train.policies`); so a learner of any library is measured like every other. `registry.py` names them,
`elsewhere.py` starts the process, `job.py` is what it is told, and `with_*.py` are the processes, one a library.
"""

from __future__ import annotations
