"""How platforms move by best responses, and where that ends, as sections of text and tables."""

from __future__ import annotations

import numpy as np

from ..analysis.answer import Answer
from ..analysis.paths import Step
from ..number_format import percent
from ..status import Status
from .sections import Section, counted, deployed, in_the_json, number

MAX_ROWS = 20
"""The most equilibria, steps or ends that are listed; all are in the JSON."""


def dynamics(answer: Answer) -> Section:
    """The cycle of best responses that platforms run through, or the way to an equilibrium."""
    path, names = answer.path, answer.model_names
    begins = f"Platforms move in turn, from everybody on {names[path.start[0]]}."
    rounds = counted(path.rounds, "round")
    if path.cycle:
        title = f"The cycle of best responses: {counted(len(path.cycle), 'move')}, after which it begins again"
        mean = number(float(np.mean([step.welfare for step in path.cycle])))
        return steps_section(
            title, (f"{begins} The mean welfare over the moves of the cycle is {mean}.",), path.cycle, names
        )
    ending = "reach an equilibrium" if path.status is Status.CONVERGED else "have not settled"
    return steps_section(f"Best responses {ending} in {rounds}", (begins,), path.steps, names)


def steps_section(
    title: str, sentences: tuple[str, ...], steps: tuple[Step, ...], names: tuple[str, ...], *, most: int = MAX_ROWS
) -> Section:
    """Moves, one a row, at most so many; simultaneous ones share the number of their step."""
    rows = [
        (
            str(index + 1),
            f"platform {move.platform + 1}",
            names[move.before],
            names[move.after],
            number(move.gain),
            number(step.welfare),
        )
        for index, step in enumerate(steps)
        for move in step.moves
    ]
    if len(rows) > most:
        sentences += (f"The first {most:,} of {len(rows):,} moves; all are in the JSON.",)
    header = ("step", "mover", "from", "to", "gain", "welfare")
    return Section(title, sentences, header, tuple(rows[:most]), numbers=2)


def ends(answer: Answer) -> Section:
    """Where platforms that move in random order end, which the answer must have."""
    assert answer.ends is not None
    rows = tuple(
        (end.kind, _profiles(end.profiles, answer.model_names), percent(end.share)) for end in answer.ends[:MAX_ROWS]
    )
    sentence = (
        "A random platform of those that gain moves to a random best reply. Share: of all starting profiles, of those "
        "that end there."
    )
    more = len(answer.ends) - MAX_ROWS
    hidden = (in_the_json(more, "more end", "more ends"),) if more > 0 else ()
    return Section(
        "Where best responses in random order end", (sentence, *hidden), ("end", "deployed", "share"), rows, 1
    )


def _profiles(profiles: tuple[tuple[int, ...], ...], names: tuple[str, ...]) -> str:
    shown = "; ".join(deployed(profile, names) for profile in profiles[:3])
    return shown if len(profiles) <= 3 else f"{shown}; and {counted(len(profiles) - 3, 'more profile')}"
