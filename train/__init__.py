"""The command lines of `genmarket_env.train` in a checkout, by their short names."""
