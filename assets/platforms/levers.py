"""What each lever of a platform may do: bounds, steps, and the check that no row breaks a rule before it is written.

Here belong the rules of the platform's rulebook applied to values. The shop's own guardrails are applied before, and
the wording of cells is in ``bid_table``.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assets.platforms.bid_errors import Breach
from assets.platforms.bid_table import IDENTITY_COLUMNS, TERM_LEVERS, build_edits, render_table, undo_rows
from configs.platform_schema import LeverRule, Platform

MAX_JUMP = 20.0  # a larger factor between old and new is a mistake in the unit, not a decision
BREACH_COLUMNS = list(Breach._fields)
STEP_TOLERANCE = 1e-6  # in steps: float noise of sums and products, far below any real deviation


def lever_bounds(platform: Platform, lever: str) -> LeverRule | None:
    """Return the rule of ``lever``, or None when it is closed or no upload file of the platform carries it."""
    is_carried = any(lever in spec.levers for spec in platform.bid_files)
    return platform.rulebook.rule(lever) if is_carried else None


def round_to_step(values: ArrayLike, rule: LeverRule, prefer_down: bool = False) -> NDArray[np.float64]:
    """Return ``values`` on the platform's step, as the floats that print as those decimals.

    Parameters
    ----------
    values : array of shape (n_rows,)
        Account currency (or the lever's own unit). Missing and infinite values are returned as they are: ``check_rows``
        names their rows.
    rule : LeverRule
        Gives step, rounding mode, minimum and maximum. A value inside the bounds stays inside them.
    prefer_down : bool
        Round down whatever the rule says, so that a budget is never exceeded.

    Returns
    -------
    array of shape (n_rows,)
        Multiples of the step.

    Examples
    --------
    >>> from configs.loader import load_platforms
    >>> bid = next(p.rulebook.rule("keyword_bid") for p in load_platforms().values() if p.rulebook.levers)
    >>> round_to_step([0.574, 1.0], bid).tolist()
    [0.57, 1.0]
    """
    given = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(given)
    step = Fraction(repr(rule.step))
    exact = np.where(finite, given, 0.0) * step.denominator / step.numerator
    noise = 1e-9 * np.maximum(1.0, np.abs(exact))
    if prefer_down or rule.rounding == "down":
        units = np.floor(exact + noise)
    elif rule.rounding == "half_up":
        units = np.floor(exact + 0.5 + noise)
    else:
        units = np.rint(exact)
    lowest = np.ceil(rule.minimum * step.denominator / step.numerator - STEP_TOLERANCE)
    highest = np.floor(rule.maximum * step.denominator / step.numerator + STEP_TOLERANCE)
    was_inside = (given >= rule.minimum) & (given <= rule.maximum)
    units = np.where(was_inside, np.clip(units, lowest, highest), units)
    return np.where(finite, units * step.numerator / step.denominator, given)


def check_rows(rows: pd.DataFrame, platform: Platform) -> pd.DataFrame:
    """Return every breach of the platform's rules in the rows that are meant to be written.

    One row per breach: ``row`` (index label of the offender), item, lever, column, reason, value, limit. An empty frame
    means that every row can be written, and undone.
    """
    frame = rows.reindex(columns=list(IDENTITY_COLUMNS))
    found: list[Breach] = []
    found += _one_account(frame, platform)
    found += _too_many(frame, platform)
    found += _duplicates(frame)
    for lever, part in frame.groupby("lever", dropna=False, sort=True):
        rule = lever_bounds(platform, str(lever))
        if rule is None:
            found += _breaches(part, "lever", "is closed on this platform", pd.Series(str(lever), index=part.index))
            continue
        found += _check_values(part, rule) if rule.has_value else []
        found += _check_undoable(part, rule)
        found += _check_cells(part, platform)
    return pd.DataFrame(found, columns=BREACH_COLUMNS)


def _breaches(part: pd.DataFrame, column: str, reason: str, values: pd.Series, limit: str = "") -> list[Breach]:
    return [
        Breach(row, str(item), str(lever), column, reason, str(value), limit)
        for row, item, lever, value in zip(part.index, part["item"], part["lever"], values, strict=True)
    ]


def _one_account(frame: pd.DataFrame, platform: Platform) -> list[Breach]:
    """One call writes one platform, one account and one currency; a mixture is a mistake of the caller."""
    found: list[Breach] = []
    for column in ("platform", "account", "currency"):
        expected = platform.name if column == "platform" else frame[column].mode().get(0)
        other = frame[frame[column].isna() | (frame[column] != expected)]
        found += _breaches(other, column, "differs from the other rows", other[column], str(expected))
    return found


def _duplicates(frame: pd.DataFrame) -> list[Breach]:
    """An item has one edit per lever; a new word or negative is one per place, word and match type."""
    is_term = frame["lever"].isin(TERM_LEVERS)
    place = ["campaign_id", "campaign", "ad_group_id", "ad_group", "lever", "search_term", "match_type"]
    terms, others = frame[is_term], frame[~is_term]
    twice = pd.concat(
        [terms[terms.duplicated(place, keep=False)], others[others.duplicated(["item", "lever"], keep=False)]]
    )
    return _breaches(twice, "item", "is edited twice by the same lever", twice["item"])


def _check_values(part: pd.DataFrame, rule: LeverRule) -> list[Breach]:
    """New values: finite, inside the bounds, on the step, and no jump that only a wrong unit explains."""
    new = pd.to_numeric(part["new_value"], errors="coerce").astype("float64")
    old = pd.to_numeric(part["old_value"], errors="coerce").astype("float64")
    finite = pd.Series(np.isfinite(new), index=part.index)
    units = new.where(finite, 0.0) / rule.step
    factor = new / old
    only_rises = part["entity_type"].isin(rule.raises_only) | (not rule.may_lower)
    tests = (
        (~finite, "is not a finite number", "finite"),
        (finite & (new < rule.minimum), "is below the minimum", f"{rule.minimum:.12g}"),
        (finite & (new > rule.maximum), "is above the maximum", f"{rule.maximum:.12g}"),
        (finite & ((units - units.round()).abs() > STEP_TOLERANCE), "is not on the step", f"{rule.step:.12g}"),
        (
            finite & (old > 0) & ((factor > MAX_JUMP) | (factor < 1 / MAX_JUMP)),
            "jumps too far from the old value",
            f"x{MAX_JUMP:g}",
        ),
        (finite & (new < old) & only_rises, "lowers what the platform lets only rise", "raises only"),
    )
    found: list[Breach] = []
    for mask, reason, limit in tests:
        found += _breaches(part[mask], "new_value", reason, part["new_value"][mask], limit)
    return found


def _check_undoable(part: pd.DataFrame, rule: LeverRule) -> list[Breach]:
    """An edit that could not be undone exactly is not written: the state before it must be known."""
    if rule.lever in TERM_LEVERS or rule.lever == "kol_offer":
        return []
    if rule.lever == "status":
        needed = part["action"].map({"pause": "enabled", "resume": "paused"})
        wrong = part[needed.isna() | (part["status"] != needed)]
        return _breaches(wrong, "status", "does not fit the action, undo could not restore it", wrong["status"])
    old = pd.to_numeric(part["old_value"], errors="coerce").astype("float64")
    unknown = part[~(np.isfinite(old) & (old > 0))]
    archived = part[part["status"] == "archived"]
    return _breaches(
        unknown, "old_value", "is not a positive number, undo could not restore it", unknown["old_value"]
    ) + _breaches(archived, "status", "is closed for good", archived["status"])


def _check_cells(part: pd.DataFrame, platform: Platform) -> list[Breach]:
    """Word the cells of bid and undo file once, to find missing ids, formulas and values without a word."""
    found: list[Breach] = []
    lever = str(part["lever"].iloc[0])
    for spec in platform.bid_files:
        if lever in spec.levers:
            found += render_table(spec, build_edits(part), platform).breaches
            found += render_table(spec, build_edits(undo_rows(part)), platform).breaches
    return list(dict.fromkeys(found))


def _too_many(frame: pd.DataFrame, platform: Platform) -> list[Breach]:
    """A file that is not split may not hold more rows than the platform takes at once."""
    limit = platform.rulebook.max_rows_per_file
    found: list[Breach] = []
    for spec in platform.bid_files:
        part = frame[frame["lever"].isin(spec.levers)]
        if spec.rows_per_file is None and len(part) > limit:
            first = part.iloc[[limit]]
            found += _breaches(first, "rows", f"of {spec.name} are too many", pd.Series([len(part)]), str(limit))
    return found
