"""What the KOL choice is asked: offers, rules, and the ads that compete for the money over the horizon.

Here belong the inputs and their checks. Choosing is in ``optimizers.kol``, the rules as inequalities in
``optimizers.kol_rules``, the ads in ``optimizers.kol_ads``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizers.columns import keep_columns
from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, SHARE, read_codes, read_columns
from optimizers.kol_ads import Ads
from optimizers.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class KolProblem:
    """Offers, their rules, and the ads that compete for the money. Money is over the whole horizon, one currency.

    Parameters
    ----------
    fee, commission_rate : array of shape (n_offers,)
        Fixed fee, >= 0, and share of revenue paid as commission, 0-1.
    expected_value : array of shape (n_offers,)
        Expected margin before commission and fee.
    kol, tier : int array of shape (n_offers,)
        Codes >= 0 of the partner and of the tier.
    is_signed : bool array of shape (n_offers,)
        Already committed: a frozen cost, whatever the rules say.
    budget : float
        KOL fees and ads together.
    ads : Ads
        What ads earn with the rest, and whether unspent money is kept.
    max_share_per_kol : float
        Most that one partner's fees may take of the largest permitted sum of fees, 0-1.
    min_koc_per_head : float
        Offers of ``koc_tiers`` required for each offer of ``head_tiers``, >= 0.
    max_offers : int
        Most offers, signed ones included.
    koc_tiers, head_tiers : tuple of int
        Tier codes that the mix rule speaks of.
    max_fee_share : float
        Most that all fees may take of ``budget``, 0-1.
    expected_revenue : array of shape (n_offers,), optional
        What commission is charged on; None: on ``expected_value``.
    audience : int array of shape (n_offers,), optional
        Codes >= 0; offers of one code reach the same people. None: nobody's audience overlaps.
    max_new_per_audience : int, optional
        Most offers not yet signed that reach one audience; None: no limit.
    max_share_per_audience : float
        Most that fees for one audience may take of the largest permitted sum of fees, 0-1.
    lesson_value : array of shape (n_offers,), optional
        What an offer's own result would teach, >= 0; counts only for offers in a test slot.
    max_tests : int
        Test slots.
    max_test_share : float
        Most that fees in test slots may take of the largest permitted sum of fees, 0-1.
    cases : array of shape (n_cases, n_offers), optional
        What each offer leaves after commission, before its fee, in equally likely cases; needed by ``max_tail_loss``.
    max_tail_loss : float, optional
        Most that fees may lose on average over the worst tenth of the cases, >= 0; None: any loss.

    Raises
    ------
    InvalidInputError
        If a column or rule is out of its range, or only one of ``cases`` and ``max_tail_loss`` is given.
    """

    fee: FloatArray
    commission_rate: FloatArray
    expected_value: FloatArray
    kol: IntArray
    tier: IntArray
    is_signed: BoolArray
    budget: float
    ads: Ads
    max_share_per_kol: float = 1.0
    min_koc_per_head: float = 0.0
    max_offers: int = 20
    koc_tiers: tuple[int, ...] = ()
    head_tiers: tuple[int, ...] = ()
    max_fee_share: float = 1.0
    expected_revenue: FloatArray | None = None
    audience: IntArray | None = None
    max_new_per_audience: int | None = None
    max_share_per_audience: float = 1.0
    lesson_value: FloatArray | None = None
    max_tests: int = 0
    max_test_share: float = 1.0
    cases: FloatArray | None = None
    max_tail_loss: float | None = None

    def __post_init__(self) -> None:
        what = "cannot choose offers"
        floats = {"fee": NON_NEGATIVE, "commission_rate": SHARE, "expected_value": ANY}
        floats |= {} if self.expected_revenue is None else {"expected_revenue": ANY}
        floats |= {} if self.lesson_value is None else {"lesson_value": NON_NEGATIVE}
        keep_columns(self, what, floats, codes=("kol", "tier"), flags=("is_signed",))
        if self.audience is not None:
            read_codes(what, "audience", self.audience, len(self.fee))
        most_new = 0 if self.max_new_per_audience is None else self.max_new_per_audience
        rules: dict[str, Any] = {
            "budget": (self.budget, NON_NEGATIVE),
            "max_share_per_kol": (self.max_share_per_kol, SHARE),
            "min_koc_per_head": (self.min_koc_per_head, NON_NEGATIVE),
            "max_offers": (self.max_offers, NON_NEGATIVE),
            "max_fee_share": (self.max_fee_share, SHARE),
            "max_new_per_audience": (most_new, NON_NEGATIVE),
            "max_share_per_audience": (self.max_share_per_audience, SHARE),
            "max_tests": (self.max_tests, NON_NEGATIVE),
            "max_test_share": (self.max_test_share, SHARE),
        }
        read_columns(what, rules)
        self._refuse_cases(what)

    def _refuse_cases(self, what: str) -> None:
        if self.cases is None and self.max_tail_loss is None:
            return
        n_offers, shape = len(self.fee), () if self.cases is None else self.cases.shape
        if self.cases is None or self.max_tail_loss is None or len(shape) != 2 or not shape[0] or shape[1] != n_offers:
            seen = f"cases of shape {shape}, max_tail_loss {self.max_tail_loss}"
            raise InvalidInputError(what, seen, f"both, of {n_offers} offers", ["cases"], "Give both or neither.")
        if not (np.isfinite(self.cases).all() and np.isfinite(self.max_tail_loss) and self.max_tail_loss >= 0):
            seen = f"max_tail_loss {self.max_tail_loss}"
            raise InvalidInputError(what, seen, "finite cases, a limit >= 0", ["cases", "max_tail_loss"], "Mend them.")

    @property
    def net_value(self) -> FloatArray:
        """Return each offer's expected value after commission, before the fee, shape (n_offers,)."""
        base = self.expected_value if self.expected_revenue is None else self.expected_revenue
        return self.expected_value - self.commission_rate * base

    @property
    def lessons(self) -> FloatArray:
        """Return what each offer would teach in a test slot, 0 for signed ones, shape (n_offers,)."""
        taught = np.zeros(len(self.fee)) if self.lesson_value is None else self.lesson_value
        return np.where(self.is_signed, 0.0, taught)

    def losses(self, chosen: BoolArray) -> FloatArray:
        """Return what the fees of a choice lose in each case, shape (n_cases,); a gain is negative."""
        return np.zeros(1) if self.cases is None else np.asarray((self.fee - self.cases)[:, chosen].sum(axis=1))

    @property
    def kept(self) -> float:
        """Return what a unit of unspent money is worth: 1 where it is kept, 0 where only value counts."""
        return 1.0 if self.ads.mode == "flexible" else 0.0

    @property
    def most_fees(self) -> float:
        """Return the largest permitted sum of fees."""
        return self.max_fee_share * self.budget
