"""The tolerances of the package: what is within one of them of something is taken for it.

Where a parameter of a function has one as its default, another can be given. Steps, step sizes and targets of an
algorithm of its own stand beside that algorithm.
"""

from __future__ import annotations

EQUAL = 1e-12
"""Numbers in units of a score that differ by no more are equal: sums over a thousand user types round by less, and no
score is measured as well."""

REGRET_TOL = 1e-12
"""The largest regret of an equilibrium, and how near to the highest payoff a best reply is: one number for both, so
that nobody moves from an equilibrium and somebody from what is none."""

AGREED = 1e-9
"""Numbers that are found in two ways, on two machines, or by a solver of floats and differ by no more agree."""

TIED = 1e-10
"""Payoffs of games, in units of their own, that differ by no more are a tie: sums and powers round by less."""

GIVEN = 1e-6
"""By how much numbers that are given may miss their range or their sum: those of float32 and of solvers do."""
