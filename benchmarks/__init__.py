"""What is timed, with peers side by side: `python -m benchmarks`, or `make bench`. Never a timed test.

Adding a family = one module with a list `CASES` and one name here.
"""

FAMILIES = (
    "deviations", "dynamics", "pure_nash", "mixed", "nash_conv", "env_step", "batched_env", "game_steps", "q_learning",
    "economics", "users", "ppo",
)  # fmt: skip
