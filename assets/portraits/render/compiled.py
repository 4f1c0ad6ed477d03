"""`compiled`: numba's njit with this renderer's settings, typed so that a caller still sees the signature.

Numba's cache notices a change of a function's own file only. After changing a function that others call, delete
`__pycache__` here, or they go on calling the old one.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function to machine code, once per machine."""
    return cast(Function, numba.njit(cache=True, fastmath=True, error_model="numpy")(function))
