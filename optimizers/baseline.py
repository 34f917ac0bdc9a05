"""What would have been sold without advertising: level, trend, season and what the shop tells of its days.

Here belong the columns of the baseline. Their coefficients are never fitted apart: ``optimizers.channel_model`` integrates
them out together with the noise.
"""

from __future__ import annotations

import numpy as np

from optimizers.types import FloatArray

DAYS_A_YEAR = 365.25
YEAR_WAVES = 2  # harmonics of the year: summer and winter, and the two big sales seasons
WEEK_WAVES = 3  # all that a week of seven days can have
LEAST_YEARS = 1.0  # with less than one whole year a wave of the year is a trend
MOST_BENDS = 3  # highest power of the trend: one bend more a year, but never one that follows single campaigns
RANK_TOLERANCE = 1e-9  # a column that the others explain up to this share says nothing of its own


def baseline_columns(day: FloatArray, controls: FloatArray) -> FloatArray:
    """Return an orthonormal basis of level, trend, season and controls.

    Parameters
    ----------
    day : array of shape (n_periods,)
        First day of each period, counted in days from any fixed date, rising in equal steps.
    controls : array of shape (n_periods, n_controls)
        Columns that move sales besides advertising (price, holiday, stock), any units.

    Returns
    -------
    array of shape (n_periods, rank)
        Columns that the others already explain are gone: a constant control is part of the level.

    Notes
    -----
    Legendre polynomials up to degree 1 + whole years (at most 3) and Fourier terms: 2 waves a year where a year has been
    seen, 3 a week where periods are days. Source: A. C. Harvey & N. Shephard, "Structural time series models" (1993).
    Known drawback: a trend that breaks within a year is left to the autocorrelated noise.

    Examples
    --------
    >>> baseline_columns(np.arange(0.0, 700.0, 7.0), np.zeros((100, 0))).shape
    (100, 7)
    """
    span = float(day[-1] - day[0] + (day[1] - day[0]))
    years = span / DAYS_A_YEAR
    degree = min(1 + int(years), MOST_BENDS)
    place = np.linspace(-1.0, 1.0, len(day))
    columns = [np.polynomial.legendre.legvander(place, degree)]
    if years >= LEAST_YEARS:
        columns.append(_waves(day / DAYS_A_YEAR, YEAR_WAVES))
    if day[1] - day[0] < 7:
        columns.append(_waves(day / 7.0, WEEK_WAVES))
    centred = controls - controls.mean(axis=0)
    size = np.abs(centred).max(axis=0, initial=0.0)
    is_told = size > RANK_TOLERANCE * np.abs(controls).max(axis=0, initial=0.0)
    columns.append(centred[:, is_told] / size[is_told])
    left, strength, _ = np.linalg.svd(np.column_stack(columns), full_matrices=False)
    return np.asarray(left[:, strength > RANK_TOLERANCE * strength[0]])


def _waves(turns: FloatArray, n_waves: int) -> FloatArray:
    angle = 2 * np.pi * turns[:, None] * np.arange(1, n_waves + 1)
    return np.column_stack([np.sin(angle), np.cos(angle)])
