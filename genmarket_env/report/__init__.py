"""The one page of every report: its style, its frame with the caveats and the command that makes it again."""

from __future__ import annotations

from .page import page

__all__ = ["page"]
