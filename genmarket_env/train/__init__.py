"""Training and comparison of learners with the exact analytic answer."""
