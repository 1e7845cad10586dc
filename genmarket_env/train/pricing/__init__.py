"""Learners that price round by round, and what they learn: `python -m genmarket_env.train.algorithmic_pricing`."""
