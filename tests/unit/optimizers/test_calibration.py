"""Scores of forecasts, and the five parts of an error."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.calibration import bias, coverage
from optimizers.errors import InfeasibleBudgetError, InvalidInputError, OptimizerError

NAN = np.nan


def test_coverage_counts_both_ends_and_leaves_out_what_is_missing():
    assert coverage([0.0, 0.0, 0.0, NAN], [1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.1, 0.5]) == pytest.approx(2 / 3)


def test_bias_is_the_share_by_which_the_total_was_promised_too_high():
    assert bias([60.0, 50.0, 1e9], [50.0, 50.0, NAN]) == pytest.approx(0.1)


def test_nothing_to_score_is_missing():
    assert np.isnan(coverage([], [], []))
    assert np.isnan(bias([1.0], [0.0]))


def test_an_infinite_forecast_is_refused():
    with pytest.raises(InvalidInputError, match=r"forecast\[0\] = inf"):
        bias([np.inf], [1.0])


def test_an_error_prints_its_five_parts_and_five_offenders():
    error = OptimizerError("cannot score", 1234.5, 0.25, [f"r{row}" for row in range(7)], "Mend the rows.")
    assert str(error) == (
        "cannot score: saw 1,234.50, limit 0.25. Offenders: r0, r1, r2, r3, r4 and 2 more. Mend the rows."
    )
    assert len(error.offenders) == 7


def test_an_infeasible_budget_says_how_much_money_is_missing():
    assert InfeasibleBudgetError("cannot allocate", 900.0, 1050.0).missing == pytest.approx(150.0)
