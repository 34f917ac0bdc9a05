"""A night whose limits contradict each other: nothing moves, all platforms are held, and everybody is told the same words.

Here belongs what follows from a refusal that stands in ``budget_plan``. Why it is one is said in ``assets.limit_words``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.plan_problem import PlanProblem
from optimizers.results import Sentence

REFUSAL_COLUMNS = ("refusal_en", "refusal_zh")
REFUSED = "plan_refused"  # reason code and hold reason


def refused_rows(plan: PlanProblem, refusal: Sentence) -> pd.DataFrame:
    """Return one row per item that might have moved: as it is today, with the reason."""
    rows = pd.concat([plan.keywords, plan.budgets], ignore_index=True)
    columns = ["item", "platform", "account", "level", "lever", "min_multiplier", "max_multiplier", "campaign_node"]
    value = rows["value_per_click"] * rows["clicks_per_day"] * rows["next_day_factor"]
    texts = {"binding_limit": REFUSED, "sentence_en": refusal.en, "sentence_zh": refusal.zh,
             "refusal_en": refusal.en, "refusal_zh": refusal.zh}  # fmt: skip
    names = ("marginal_roas", "campaign_price", "platform_price", "total_price", "campaign_max", "platform_min",
             "platform_max", "total_max", "solver_gap")  # fmt: skip
    out = rows[columns].assign(
        multiplier=1.0, plan_cost=rows["usual_cost"], plan_value=value, base_cost=rows["usual_cost"], base_value=value,
        fixed_cost=plan.fixed_cost, **dict.fromkeys(names, np.nan),
        **{name: pd.Series(text, index=rows.index, dtype="str") for name, text in texts.items()},
    )  # fmt: skip
    return out.sort_values(["item", "lever"], ignore_index=True)


def refusal_of(plan: pd.DataFrame) -> Sentence | None:
    """Return why a night's ``budget_plan`` moves nothing, None where it is a plan; older nights have no such column."""
    if plan.empty or "refusal_en" not in plan.columns or plan["refusal_en"].iloc[0] == "":
        return None
    return Sentence(str(plan["refusal_en"].iloc[0]), str(plan["refusal_zh"].iloc[0]))


def status_with_refusal(status: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Return ``platform_status`` with every platform held where the plan was refused; holds of their own keep their reason."""
    refusal = refusal_of(plan)
    if refusal is None:
        return status
    out, more = status.copy(), ~status["is_held"].astype(bool)
    out.loc[more, "reason_code"] = REFUSED
    out.loc[more, "reason_en"], out.loc[more, "reason_zh"] = refusal.en, refusal.zh
    out["is_held"] = True
    return out


def held_status(batch: Batch) -> pd.DataFrame:
    """Return tonight's ``platform_status`` as the night ends: with what a refused plan holds."""
    return status_with_refusal(batch.table("platform_status"), batch.table("budget_plan"))
