"""The front of `genmarket_env.train.suite` in a checkout: `python -m train.suite`."""
