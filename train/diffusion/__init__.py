"""The front of `genmarket_env.train.diffusion` in a checkout: `python -m train.diffusion`."""
