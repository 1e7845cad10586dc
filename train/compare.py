"""`python -m train.compare`: the front of `genmarket_env.train.compare` in a checkout."""

from genmarket_env.command_line import run
from genmarket_env.train.compare import Arguments, main

__all__ = ["Arguments", "main"]

if __name__ == "__main__":
    run(Arguments, main)
