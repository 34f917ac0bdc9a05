"""Rows that only make sense together: a new keyword and the exact negative that hands it the term's searches.

Without the keyword the negative would end good traffic; without the negative both would be bought. So both are accepted or none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

TIED = (
    "discover_add",
    "discover_source_negative",
)  # a term is added once an account, so account and term name the pair
HELD = "tied_row_held"


def tie_keys(rows: pd.DataFrame) -> pd.Series:
    """Return a key that tied rows share; every other row has one of its own."""
    pair = rows["platform"] + "|" + rows["account"] + "|" + rows["search_term"]
    own = pd.Series(rows.index.astype("str"), index=rows.index)
    return pair.where(rows["reason_code"].isin(TIED) & pair.notna(), own)


def with_ties(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the decided rows, an accepted one held where the row that it is tied to is not accepted."""
    is_open = (rows["decision"] == "accept").groupby(tie_keys(rows)).transform("all")
    is_cut = (rows["decision"] == "accept") & ~is_open
    decision, reason = rows["decision"].where(~is_cut, "hold"), rows["hold_reason"].where(~is_cut, HELD)
    return rows.assign(decision=decision.astype("str"), hold_reason=reason.astype("str"))


def worth_of_ties(rows: pd.DataFrame) -> np.ndarray:
    """Return each row's expected profit, tied rows that of the pair, missing where no row of it has any."""
    return rows["profit_change"].groupby(tie_keys(rows)).transform("sum", min_count=1).to_numpy(dtype=np.float64)
