"""Tasks as bytes, without the objects that many of them share: these travel once, and are unpacked once a worker."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any


def packed(content: Any, shared: Sequence[object]) -> bytes:
    """`content` as bytes, in which each of the shared objects is its place in the sequence.

    Example:
        >>> market = ["a large one"]
        >>> found = unpacked(packed({"cell": 3, "market": market}, [market]), [market].__getitem__)
        >>> found["market"] is market
        True
    """
    from cloudpickle import CloudPickler

    places = {id(each): place for place, each in enumerate(shared)}

    class Pickler(CloudPickler):
        def persistent_id(self, found: object) -> int | None:
            return places.get(id(found))

    file = io.BytesIO()
    Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(content)
    return file.getvalue()


def unpacked(content: bytes, shared: Callable[[int], object]) -> Any:
    """What was packed, with the shared objects by their places.

    Args:
        content: of `packed`, from this program.
        shared: the object at a place.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, place: int) -> object:
            return shared(place)

    return Unpickler(io.BytesIO(content)).load()
