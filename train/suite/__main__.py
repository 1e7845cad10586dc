"""`python -m train.suite`: the front of `genmarket_env.train.suite` in a checkout."""

from genmarket_env.command_line import run
from genmarket_env.train.suite.__main__ import Arguments, main

__all__ = ["Arguments", "main"]

if __name__ == "__main__":
    run(Arguments, main)
