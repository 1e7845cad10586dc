"""Learners against the exact answer of any game: `python -m genmarket_env.train.compare --game NAME`."""
