"""What people are told of limits, in both languages: why there is no plan, what to change, and what was missed.

Here belong sentences and the keys of the settings behind limits. Whether limits can be kept is found by ``optimizers``.
"""

from __future__ import annotations

import numpy as np

from assets.batch import Batch
from assets.campaign_nodes import NodeLimits
from assets.focus import NODE
from assets.plan_problem import PlanProblem
from assets.plan_tree import set_maxima, without_spent
from assets.presentation.wording import node_title
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.reachable import given_way
from optimizers.results import Sentence
from optimizers.tree import PriceTree

KEY_OF = {
    "min_cost": "min_cost",
    "max_cost": "max_cost",
    "min_roas": "min_roas",
    "min_marginal_roas": "min_marginal_value",
}
WORDS = {
    "min_cost": Sentence("least spend", "最低花费"), "max_cost": Sentence("most spend", "最高花费"),
    "min_roas": Sentence("ROAS floor", "ROAS 下限"), "min_marginal_roas": Sentence("marginal floor", "边际回报下限"),
}  # fmt: skip
FILE = "settings.yaml"


def refusal_words(error: InfeasibleBudgetError | InvalidInputError, plan: PlanProblem, batch: Batch) -> Sentence:
    """Return why there is no plan tonight: the limits that contradict each other, the money missing, what to change."""
    known = (
        set() if plan.asked is None else set(plan.asked.names)
    )  # a tier's platforms may all stay as they are tonight
    limits = getattr(error, "limits", ())
    if (
        not isinstance(error, InfeasibleBudgetError)
        or plan.asked is None
        or not limits
        or {n for n, _ in limits} - known
    ):
        told = f"{error}".strip()
        return Sentence(f"No plan tonight, everything stays as it is: {told}",
                        f"今晚没有方案，全部保持原样。原因：{told}")  # fmt: skip
    asked = [_limit_words(node, column, plan.asked) for node, column in error.limits]
    keys = sorted({key for node, column in error.limits for key in setting_keys(node, column, plan.limits, batch)})
    missing, currency = f"{error.missing:,.2f}", batch.settings.shop.currency
    spent = float(0.0 if plan.spent is None else plan.spent[0])
    en = (
        f"No plan tonight, everything stays as it is: {', '.join(one.en for one in asked)} cannot be kept together; "
        f"{missing} {currency} a day is missing (unmoved items, signed creators and new words take {spent:,.2f})."
    )
    zh = (
        f"今晚没有方案，全部保持原样：{'、'.join(one.zh for one in asked)} 无法同时满足，"
        f"每天差 {missing} {currency}（不动的对象、已签达人和新词占 {spent:,.2f}）。"
    )
    if not keys:
        return Sentence(en, zh)
    named = ", ".join(keys)
    return Sentence(f"{en} Change one of {named} in {FILE}.", f"{zh}请修改 {FILE} 中的 {named} 之一。")


def missed_limits(plan: PlanProblem) -> list[tuple[str, Sentence]]:
    """Return the limits of the settings that tonight's caps, unmoved items or frozen edits keep from being met, by node."""
    if plan.problem is None or plan.asked is None or plan.spent is None:
        return []
    is_set = set_maxima(plan.asked, plan.limits)
    before = without_spent(plan.asked, plan.spent, is_set)
    place = {name: index for index, name in enumerate(before.names)}
    found = []
    for one in given_way(before, plan.problem.tree):
        node = place[one.node]
        if one.column == "max_cost" and not is_set[node]:
            continue  # a campaign's daily budget, which its platform keeps
        is_money = one.column in ("min_cost", "max_cost")
        kept = one.kept + (plan.spent[node] if is_money else 0.0)
        found.append((one.node, _missed_words(one.node, one.column, plan.asked, kept)))
    return found


def setting_keys(node: str, column: str, limits: NodeLimits, batch: Batch) -> list[str]:
    """Return where a node's limit is set; a share is one too. A campaign's own daily budget is no setting."""
    key, side = KEY_OF[column], column.removesuffix("_cost")
    if node == "total":
        return ["budget.daily_total" if column == "max_cost" else f"budget.{key}"]
    if node.startswith(NODE):
        return [f"focus.{node.removeprefix(NODE)}.{side}_share"]
    if node in limits.keys:
        return [f'campaigns."{limits.keys[node]}".{key}']
    use = batch.uses.get(node)
    if use is None:
        return []
    asked = [key, f"{side}_share"] if column in ("min_cost", "max_cost") else [key]
    return [f"platforms.{node}.{name}" for name in asked if getattr(use, name) not in (None, 0.0)]


def _limit_words(node: str, column: str, asked: PriceTree) -> Sentence:
    value, word = _value(node, column, asked), WORDS[column]
    return Sentence(
        f"{node_title(node, 'en')} {word.en} {value:,.2f}", f"{node_title(node, 'zh')}{word.zh} {value:,.2f}"
    )


def _missed_words(node: str, column: str, asked: PriceTree, kept: float) -> Sentence:
    told = _limit_words(node, column, asked)
    if not np.isfinite(kept):
        return Sentence(f"{told.en} is set and cannot be kept tonight.", f"已设{told.zh}，今晚无法满足。")
    if column == "max_cost":
        return Sentence(f"{told.en} is set, tonight it cannot be less than {kept:,.2f}.",
                        f"已设{told.zh}，今晚最低只能到 {kept:,.2f}。")  # fmt: skip
    return Sentence(f"{told.en} is set, tonight {kept:,.2f} is reached.", f"已设{told.zh}，今晚只能到 {kept:,.2f}。")


def _value(node: str, column: str, asked: PriceTree) -> float:
    return float(getattr(asked, column)[asked.names.index(node)])
