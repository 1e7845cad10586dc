"""Small documents of the format `genmarket-synthetic`."""

MIXTURE = {
    "count": 10,
    "components": [
        {"weight": 0.75, "mean": [-1, 0], "covariance": [[0.5, 0.2], [0.2, 0.3]]},
        {"weight": 0.25, "mean": [2, 1], "covariance": [[0.1, 0], [0, 0.1]]},
    ],
}
POINTS = {"points": [[-1, 0], [1, 0.5], [0, 2]], "masses": [0.5, 0.25, 0.25]}
FIXED = {"name": "g1", "bias": 0.2, "bumps": [{"centre": [-1, 0], "amplitude": 0.5, "width": 0.7}]}
RANDOM = {
    "name": "rival",
    "copies": 2,
    "bias": {"low": 0, "high": 0.4},
    "bumps": [
        {
            "centre": [{"low": -2, "high": 2}, 1],
            "amplitude": {"low": -0.5, "high": 1},
            "width": {"low": 0.5, "high": 2},
        },
        {"centre": [0, 0], "amplitude": 0.1, "width": 1},
    ],
}


def document(**changes):
    """A document with fixed users and both kinds of models; `...` leaves a key out."""
    content = {"format": "genmarket-synthetic", "version": 1, "users": POINTS, "models": [FIXED, RANDOM]}
    return {key: value for key, value in {**content, **changes}.items() if value is not ...}


def model(**changes):
    return {key: value for key, value in {**FIXED, **changes}.items() if value is not ...}


def bump(**changes):
    return model(bumps=[{**FIXED["bumps"][0], **changes}])


def component(**changes):
    return {"count": 10, "components": [{**MIXTURE["components"][0], "weight": 1, **changes}]}
