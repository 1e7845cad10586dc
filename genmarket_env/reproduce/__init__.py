"""The paper's figures and claims, reproduced from runs of this package.

A section (`SECTIONS`) measures, draws and judges: it returns pictures, the numbers behind them, and claims whose
verdict follows from what was measured, never from a constant of the code. Sections draw from generators of their own,
so that each gives the same alone as in the whole report.
"""

from .contents import Chapter, Claim, Numbers, Picture
from .run import SECTIONS, reproduce
from .settings import Settings

__all__ = ["SECTIONS", "Chapter", "Claim", "Numbers", "Picture", "Settings", "reproduce"]
