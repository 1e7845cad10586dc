"""`python -m genmarket_env` is the command `genmarket`."""

from .cli import main

main()
