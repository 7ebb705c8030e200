"""Sticky units: values of one asker or conversation belong together, and count once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def aggregate(values: NDArray[np.float64], units: ArrayLike) -> NDArray[np.float64]:
    """Each unit's mean: values of shape (n,) or (n, k) with n names, to (units,) or (units, k).

    All that is said afterwards holds for the mean unit, however many questions each asked; values
    of one unit are not independent, and a sequence over them would be too narrow.
    """
    names, which = np.unique(np.asarray(units), return_inverse=True)
    sums = np.zeros((names.size, *values.shape[1:]))
    np.add.at(sums, which, values)
    counts = np.bincount(which, minlength=names.size)
    means: NDArray[np.float64] = sums / counts.reshape(-1, *(1 for _ in values.shape[1:]))
    return means
