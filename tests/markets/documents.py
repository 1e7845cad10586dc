"""Small market files as text."""

CSV = "model,chat,code\nmasses,0.75,0.25\npoet,0.9,0.1\ncoder,0.2,0.8\n"


def document(**changes):
    content = {
        "format": "genmarket-market",
        "version": 1,
        "users": ["chat", "code"],
        "masses": [0.75, 0.25],
        "models": [{"name": "poet", "scores": [0.9, 0.1]}, {"name": "coder", "scores": [0.2, 0.8]}],
    }
    return {key: value for key, value in {**content, **changes}.items() if value is not ...}


SCHEMES = {"default": "survey", "schemes": {"survey": {"shares": [3, 1], "source": "a survey"},
                                            "logs": {"shares": [0.1, 0.3]}}}  # fmt: skip
