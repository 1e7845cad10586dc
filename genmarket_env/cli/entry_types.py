"""Who gains and who loses by an entry, as a section."""

from __future__ import annotations

from ..analysis.entry_types import TypesServed
from ..number_format import number, percent, signed
from .move_sections import MAX_ROWS
from .sections import Section, deployed, in_the_json


def who_gains(found: TypesServed) -> Section:
    """What each type gets before and after, the types that lose by the entry first."""
    order = sorted(range(len(found.after)), key=lambda user: (round(found.change[user], 12), user))[:MAX_ROWS]
    rows = tuple(
        (
            found.user_names[user],
            percent(found.masses[user]),
            *(number(values[user], 3) for values in (found.before, found.after)),
            signed(found.change[user], 3),
            number(found.best[user], 3),
            *([] if found.planner is None else [number(found.planner[user], 3)]),
        )
        for user in order
    )
    names = [f"{found.user_names[user]} ({signed(found.change[user], 3)})" for user in found.loses_by_entry]
    losers = ", ".join(names[:MAX_ROWS]) if names else "no user type"
    worst = found.worst_off
    sentences = [
        f"Scores as measured, means over where the market rests. By the entry lose: {losers}. Worst off after it is "
        f"{found.user_names[worst]}, which gets {number(found.after[worst], 3)}.",
    ]
    if found.planned is not None:
        names_planned = tuple(dict.fromkeys(found.planned))
        profile = [names_planned.index(name) for name in found.planned]
        sentences.append(f"The planner would deploy {deployed(profile, names_planned)}.")
    more = len(found.after) - len(order)
    if more > 0:
        sentences.append(in_the_json(more, "more user type", "more user types"))
    header = ("user type", "mass", "before", "after", "change", "best there is")
    planned = () if found.planner is None else ("under the planner",)
    return Section("Who gains, who loses", tuple(sentences), (*header, *planned), rows, len(header) + len(planned) - 1)
