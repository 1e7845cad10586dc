"""`python -m train.compare_entry`: the front of `genmarket_env.train.compare_entry` in a checkout."""

from genmarket_env.command_line import run
from genmarket_env.train.compare_entry import Arguments, main

__all__ = ["Arguments", "main"]

if __name__ == "__main__":
    run(Arguments, main)
