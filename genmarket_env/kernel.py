r"""The kernel: the economics of the market game, defined once, on arrays of any backend.

Models `j < M` are in a shared pool, platforms `i < N` each deploy one of them, users of type `k < K` choose a
platform. The order of axes is `(*batch, models | platforms, users)` everywhere.

| symbol | meaning | argument | shape |
|---|---|---|---|
| `S_j(k)` | expected reward of a type-k user from model j | `scores` | `(*batch, M, K)`, in [0, 1] |
| `pi_k` | mass of type k | `masses` | `(*batch, K)`, >= 0, sums to 1 |
| `f` | profile: the model that each platform deploys | `profile` | `(*batch, N)`, ints in [0, M) |
| `p_i(k)` | share of type k served by platform i | `demand` | `(*batch, N, K)` |
| `U_i(f)` | platform payoff, `sum_k pi_k p_i(k) S_{f_i}(k)` | `payoffs` | `(*batch, N)` |
| `m_i(f)` | market share, `sum_k pi_k p_i(k)` | `market_shares` | `(*batch, N)` |
| `v_j(k)` | worth: what a platform earns from a type-k user whom model j serves | `worths` | `(*batch, M, K)`, finite |

In the paper users choose by the score, platforms earn it, and it is what users get. Where these differ
(`genmarket_env.economy`), `scores` is what users choose by, any finite reals; `worths` are what platforms earn and
`values` what users get, by default both the scores.

Batches broadcast. Nothing is validated here and nothing is written in place: `genmarket_env.game` takes a
`Market` and checks its input, `genmarket_env.compiled` holds fast twins that are tested equal to this module.
The functions use the Python array API standard alone, so NumPy, torch (differentiable under `Logit`) and
array-api-strict give the same numbers.

Source: Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026), Section 2 and Definitions 2.4-2.8.
"""

from __future__ import annotations

from array_api_compat import device

from .choice import Array, ChoiceRule, HasOutsideValue
from .namespaces import array_namespace


def deployed_scores(scores: Array, profile: Array) -> Array:
    """The scores of the deployed models, `S_{f_i}(k)`: `(*batch, N, K)`."""
    xp = array_namespace(scores, profile)
    if scores.ndim == 2:  # one market, whose rows are taken in a fraction of the time
        rows = xp.take(scores, xp.reshape(profile, (-1,)), axis=0)
        return xp.reshape(rows, (*profile.shape, scores.shape[-1]))
    rank = max(scores.ndim - 1, profile.ndim)
    scores = xp.reshape(scores, (1,) * (rank + 1 - scores.ndim) + tuple(scores.shape))
    profile = xp.reshape(profile, (1,) * (rank - profile.ndim) + tuple(profile.shape))
    return xp.take_along_axis(scores, profile[..., None], axis=-2)


def demand(scores: Array, profile: Array, rule: ChoiceRule) -> Array:
    """The share of each user type that each platform serves, `p_i(k)`: `(*batch, N, K)`."""
    return rule(deployed_scores(scores, profile))


def market_shares(scores: Array, masses: Array, profile: Array, rule: ChoiceRule) -> Array:
    """The share of all users that each platform serves, `m_i(f)`: `(*batch, N)`."""
    xp = array_namespace(scores)
    return xp.sum(masses[..., None, :] * demand(scores, profile, rule), axis=-1)


def payoffs(scores: Array, masses: Array, profile: Array, rule: ChoiceRule, worths: Array | None = None) -> Array:
    """The payoff of each platform, `U_i(f) = sum_k pi_k p_i(k) v_{f_i}(k)`: `(*batch, N)`."""
    deployed = deployed_scores(scores, profile)
    return payoffs_of_offers(deployed, masses, rule, _deployed_or(deployed, worths, profile))


def payoffs_of_offers(offered: Array, masses: Array, rule: ChoiceRule, worths: Array) -> Array:
    """The payoff of each platform of what it offers, scores and worths `(*batch, N, K)`: `(*batch, N)`."""
    xp = array_namespace(offered)
    return xp.sum(masses[..., None, :] * rule(offered) * worths, axis=-1)


def deviation_payoffs(
    scores: Array, masses: Array, profile: Array, rule: ChoiceRule, worths: Array | None = None
) -> Array:
    """What platform `i` would get with model `j`, the others unchanged: `[i, j]` of `(*batch, N, M)`.

    A deviation is one more batch axis: the payoffs of the `N * M` profiles in which one platform switches.
    """
    xp = array_namespace(scores, profile)
    platforms, models = profile.shape[-1], scores.shape[-2]
    switches = xp.eye(platforms, dtype=xp.bool, device=device(profile))[:, None, :]
    model = xp.arange(models, dtype=profile.dtype, device=device(profile))[None, :, None]
    switched = xp.where(switches, model, profile[..., None, None, :])
    worths = None if worths is None else worths[..., None, None, :, :]
    every = payoffs(scores[..., None, None, :, :], masses[..., None, None, :], switched, rule, worths)
    return xp.sum(xp.where(switches, every, xp.zeros_like(every)), axis=-1)


def regret(scores: Array, masses: Array, profile: Array, rule: ChoiceRule, worths: Array | None = None) -> Array:
    """Best deviation payoff minus payoff, of each platform, >= 0: `(*batch, N)`."""
    return regret_of(deviation_payoffs(scores, masses, profile, rule, worths), profile)


def regret_of(deviations: Array, profile: Array) -> Array:
    """The regret that a matrix of deviation payoffs `(*batch, N, M)` implies: `(*batch, N)`."""
    xp = array_namespace(deviations, profile)
    profile = xp.broadcast_to(profile, tuple(deviations.shape[:-1]))
    own = xp.take_along_axis(deviations, profile[..., None], axis=-1)[..., 0]
    return xp.max(deviations, axis=-1) - own


def nash_conv(scores: Array, masses: Array, profile: Array, rule: ChoiceRule, worths: Array | None = None) -> Array:
    """The sum of the platforms' regrets: `(*batch,)`; 0 exactly at a pure Nash equilibrium."""
    xp = array_namespace(scores)
    return xp.sum(regret(scores, masses, profile, rule, worths), axis=-1)


def coverage(scores: Array, masses: Array, profile: Array) -> Array:
    """The value if every user had the best deployed model, `sum_k pi_k max_i S_{f_i}(k)` (Def. 2.4): `(*batch,)`."""
    xp = array_namespace(scores)
    return xp.sum(masses * xp.max(deployed_scores(scores, profile), axis=-2), axis=-1)


def welfare(scores: Array, masses: Array, profile: Array, rule: ChoiceRule, values: Array | None = None) -> Array:
    """What users get, `sum_i U_i(f)` (Def. 2.5): `(*batch,)`; equal to the coverage under HardMax.

    Of `values` apart from the scores it is `sum_k pi_k sum_i p_i(k) values_{f_i}(k)`.
    """
    xp = array_namespace(scores)
    return xp.sum(payoffs(scores, masses, profile, rule, values), axis=-1)


def user_surplus(scores: Array, profile: Array, rule: ChoiceRule, values: Array | None = None) -> Array:
    """What a user of each type gets, `sum_i p_i(k) S_{f_i}(k)` plus what those who stay away have: `(*batch, K)`.

    Weighted by the masses it sums to the `surplus`.
    """
    xp = array_namespace(scores)
    deployed = deployed_scores(scores, profile)
    inside = xp.sum(rule(deployed) * _deployed_or(deployed, values, profile), axis=-2)
    return inside + rule.outside_value(deployed) if isinstance(rule, HasOutsideValue) else inside


def surplus(scores: Array, masses: Array, profile: Array, rule: ChoiceRule, values: Array | None = None) -> Array:
    """The welfare, plus what users who stay away get elsewhere by the rule's `outside_value`: `(*batch,)`.

    A rule without an `outside_value` gives them nothing.
    """
    inside = welfare(scores, masses, profile, rule, values)
    if not isinstance(rule, HasOutsideValue):
        return inside
    xp = array_namespace(scores)
    return inside + xp.sum(masses * rule.outside_value(deployed_scores(scores, profile)), axis=-1)


def platform_hhi(scores: Array, masses: Array, profile: Array, rule: ChoiceRule) -> Array:
    """The sum of squared market shares, in [0, 1]: `(*batch,)`; at least 1/N if all users are served."""
    xp = array_namespace(scores)
    return xp.sum(market_shares(scores, masses, profile, rule) ** 2, axis=-1)


def model_hhi(scores: Array, masses: Array, profile: Array, rule: ChoiceRule) -> Array:
    """The sum of squared model shares of the users served (Def. 2.7), 0 if none is served: `(*batch,)`.

    1 means that everybody is served by one model, on however many platforms.
    """
    return hhi_of_models(market_shares(scores, masses, profile, rule), profile, scores.shape[-2])


def hhi_of_models(served_by: Array, profile: Array, num_models: int) -> Array:
    """The `model_hhi` of platforms that serve these shares of all users `(*batch, N)`: `(*batch,)`."""
    xp = array_namespace(served_by, profile)
    shares = by_model(served_by, profile, num_models)
    served = xp.sum(shares, axis=-1)
    squares = xp.sum(shares**2, axis=-1)
    nobody = served == 0
    return xp.where(nobody, xp.zeros_like(served), squares / xp.where(nobody, xp.ones_like(served), served) ** 2)


def by_model(values: Array, profile: Array, num_models: int) -> Array:
    """The platforms' values `(*batch, N)` summed over those that deploy each model: `(*batch, M)`."""
    xp = array_namespace(values, profile)
    model = xp.arange(num_models, dtype=profile.dtype, device=device(profile))
    deploys = xp.astype(profile[..., :, None] == model, values.dtype)
    return xp.sum(values[..., :, None] * deploys, axis=-2)


def support_size(profile: Array) -> Array:
    """The number of distinct models deployed (Def. 2.8), in [1, N]: `(*batch,)`."""
    xp = array_namespace(profile)
    ordered = xp.sort(profile, axis=-1)
    changes = xp.astype(ordered[..., 1:] != ordered[..., :-1], profile.dtype)
    return xp.sum(changes, axis=-1) + 1


FIGURES = ("welfare", "coverage", "model_hhi", "platform_hhi")
"""The names of the figures of a profile, in the order of `figures`."""


def figures(scores: Array, masses: Array, profile: Array, rule: ChoiceRule) -> dict[str, Array]:
    """Welfare, coverage and the concentrations of users on models and of platforms, `(*batch,)` each, by name."""
    game = scores, masses, profile
    values = welfare(*game, rule), coverage(*game), model_hhi(*game, rule), platform_hhi(*game, rule)
    return dict(zip(FIGURES, values, strict=True))


def _deployed_or(deployed: Array, others: Array | None, profile: Array) -> Array:
    """What the deployed models have in the place of their scores; `deployed`, their scores, if `others` is None."""
    return deployed if others is None else deployed_scores(others, profile)
