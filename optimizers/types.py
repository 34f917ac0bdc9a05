"""Array types of the optimisers, so that every signature says what it holds.

Here belong aliases only. Checks of arrays are in ``optimizers.inputs``; results have their own frozen dataclasses.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
TextArray: TypeAlias = NDArray[Any]
