"""`python -m train.algorithmic_pricing`: the front of `genmarket_env.train.algorithmic_pricing` in a checkout."""

from genmarket_env.command_line import run
from genmarket_env.train.algorithmic_pricing import Arguments, main

__all__ = ["Arguments", "main"]

if __name__ == "__main__":
    run(Arguments, main)
