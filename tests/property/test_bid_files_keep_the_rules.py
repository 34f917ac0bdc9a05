"""No file that was written can break a rule of the rulebook, and undoing it restores what was there.

The files are read back here by other code than wrote them, and judged with decimals, so that neither the writer nor the
checks can hide their own mistake.
"""

import csv
import io
import json
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from assets.platforms.levers import round_to_step
from assets.platforms.writer import BidFileRefusedError, write_bid_files
from configs.loader import load_platforms
from tests.golden.sample_rows import NIGHT, keyword_row

WRITING = [platform for platform in load_platforms().values() if platform.bid_files]
VALUE_LEVERS = {
    "keyword_bid": "bid", "new_keyword": "bid", "daily_budget": "daily_budget", "target_roas": "target_roas",
    "commission_rate": "commission_rate", "kol_offer": "fee",
}  # fmt: skip
KEPT_VALUES = {"bid", "daily_budget", "target_roas", "commission_rate"}  # of things that are there before and after
ACTIONS = {
    "keyword_bid": "raise", "daily_budget": "budget", "target_roas": "target", "new_keyword": "add",
    "negative_keyword": "negative", "commission_rate": "commission", "kol_offer": "sign",
}  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(["red shoes", "碎花裙", "a,b;c", 'say "hi"', "0012", "1e5", " lead"]),
    st.text(min_size=1, max_size=8),
    st.sampled_from(["=1+1", "+a", "-a", "@a", "\tx", "x\ny", "", "＝a"]),
)
WILD = st.floats(min_value=-5, max_value=20000) | st.sampled_from([0.0, float("nan"), float("inf"), 1e-9, 0.1 + 0.2])


def read_cells(file, spec):
    """Return the rows of a written file as dictionaries of header -> cell."""
    content = file.path.read_bytes()
    if spec.format == "json":
        return json.loads(content)
    if spec.format == "xlsx":
        header, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    else:
        delimiter = "\t" if spec.format == "tsv" else ","
        rows = list(csv.reader(io.StringIO(content.decode(spec.encoding), newline=""), delimiter=delimiter))
        header = rows.pop(0) if spec.has_header else [column.header for column in spec.columns]
        rows = rows[len(spec.leading_rows) :]
    return [dict(zip(header, row, strict=True)) for row in rows]


def write(rows, platform, folder):
    """Return (spec, kind, cells) of every file that was written."""
    files = write_bid_files(pd.DataFrame(rows), platform, Path(folder) / "out", night=NIGHT)
    specs = {spec.name: spec for spec in platform.bid_files}
    return [(specs[file.spec], file.kind, read_cells(file, specs[file.spec])) for file in files]


@st.composite
def nights(draw, is_sane=False):
    """Draw a platform and some recommendations for it; a sane one can be written, of the others some are spoilt."""
    platform = draw(st.sampled_from(WRITING))
    rules = list(platform.rulebook.levers)
    rows = []
    for number in range(draw(st.integers(1, 4))):
        rule = draw(st.sampled_from(rules))
        row = keyword_row(
            number, lever=rule.lever, platform=platform.name, status=draw(st.sampled_from(["enabled", "paused"]))
        )
        row |= {"item": f"{platform.name}|main|keyword|own-{number}", "campaign": f"plan {number}"}
        row |= {"search_term": f"new term {number}"}
        row["action"] = ACTIONS.get(rule.lever, "pause" if row["status"] == "enabled" else "resume")
        spoilt = (
            "nothing" if is_sane else draw(st.sampled_from(["nothing", "values", "keyword", "campaign", "search_term"]))
        )
        if rule.has_value:
            row |= {"old_value": draw(WILD), "new_value": draw(WILD)} if spoilt == "values" else draw(sane_values(rule))
        if spoilt in row:
            row[spoilt] = draw(NAMES)
        rows.append(row)
    return platform, rows


@st.composite
def sane_values(draw, rule):
    """Draw an old value on the step and a new one within a factor of 20."""
    step = Decimal(str(rule.step))
    low, high = int(Decimal(str(rule.minimum)) / step) + 1, int(Decimal(str(rule.maximum)) / step)
    old = draw(st.integers(low, min(high, low + 5000)))
    new = draw(st.integers(max(low, old // 19 + 1), min(high, old * 19)))
    return {"old_value": float(old * step), "new_value": float(new * step)}


@settings(max_examples=40, deadline=None)
@given(nights())
def test_whatever_is_recommended_a_written_file_keeps_the_rulebook(night):
    platform, rows = night
    with tempfile.TemporaryDirectory() as folder:
        try:
            written = write(rows, platform, folder)
        except BidFileRefusedError:
            assert list(Path(folder).iterdir()) == []
            return
    for spec, kind, cells in written:
        rules = {VALUE_LEVERS.get(lever): platform.rulebook.rule(lever) for lever in spec.levers}
        for column in spec.columns:
            for row in cells:
                cell = row.get(column.header, "")
                if column.required and not column.only_if:
                    assert cell != ""
                if cell != "" and kind == "bid" and column.column in rules:
                    assert_value(cell, rules[column.column], column.format)
                if isinstance(cell, str) and column.format in {"text", "id"}:
                    assert not cell.strip().startswith(("=", "+", "-", "@", "＝"))
                    assert not any(ord(character) < 32 for character in cell)


def assert_value(cell, rule, written_as):
    """The cell is a decimal inside the bounds and on the step."""
    value = Decimal(str(cell)) / (100 if written_as == "minor" else 1)
    assert Decimal(str(rule.minimum)) <= value <= Decimal(str(rule.maximum))
    assert value % Decimal(str(rule.step)) == 0


class Account:
    """A platform's account as an upload sees it: bids and status per keyword, words added, words excluded."""

    def __init__(self, rows):
        keys = ("keyword_id", "keyword", "search_term", "campaign")
        self.rows = {row["item"]: {row[name] for name in keys} | {row["item"].split("|", 3)[3]} for row in rows}
        self.values = {}
        for row in rows:
            if row["lever"] == "status":
                self.values[row["item"], "new_status"] = row["status"]
            elif row["lever"] in {"keyword_bid", "daily_budget", "target_roas", "commission_rate"}:
                self.values[row["item"], VALUE_LEVERS[row["lever"]]] = Decimal(str(row["old_value"]))

    def upload(self, spec, kind, cells):
        """Apply one file; an added word or negative counts as there until its undo file names it."""
        for row in cells:
            item = next(item for item, keys in self.rows.items() if keys & {str(cell) for cell in row.values()})
            if set(spec.levers) & {"new_keyword", "negative_keyword", "kol_offer"} and not self._is_known(item):
                self.values[item, "is_there"] = kind == "bid"
                continue
            for column in spec.columns:
                cell = row.get(column.header, "")
                if column.column in KEPT_VALUES and cell != "":
                    self.values[item, column.column] = Decimal(str(cell)) / (100 if column.format == "minor" else 1)
                if column.column in {"new_status", "state"} and cell != "" and (item, "new_status") in self.values:
                    words = {word: status for status, word in column.map.items() if status in {"enabled", "paused"}}
                    self.values[item, "new_status"] = words[cell]

    def _is_known(self, item):
        return any(known == item for known, name in self.values if name != "is_there")


@settings(max_examples=40, deadline=None)
@given(nights(is_sane=True))
def test_applying_a_night_and_then_its_undo_files_restores_the_account(night):
    platform, rows = night
    with tempfile.TemporaryDirectory() as folder:
        written = write(rows, platform, folder)
    account = Account(rows)
    before = dict(account.values)
    for spec, kind, cells in written:
        if kind == "bid":
            account.upload(spec, kind, cells)
    for row in rows:
        name = VALUE_LEVERS.get(row["lever"])
        if (row["item"], name) in before:
            assert account.values[row["item"], name] == Decimal(str(row["new_value"]))
        elif row["lever"] == "status":
            assert account.values[row["item"], "new_status"] != row["status"]
        else:
            assert account.values[row["item"], "is_there"]
    for spec, kind, cells in written:
        if kind == "undo":
            account.upload(spec, kind, cells)
    assert {key: value for key, value in account.values.items() if value is not False} == before


RULES = [rule for platform in WRITING for rule in platform.rulebook.levers if rule.has_value]


@settings(max_examples=100)
@given(st.sampled_from(RULES), st.lists(st.floats(0, 20000), min_size=1, max_size=20), st.booleans())
def test_rounding_lands_on_the_step_as_a_decimal_and_moves_less_than_one_step(rule, values, prefer_down):
    step = Decimal(str(rule.step))
    for value, rounded in zip(values, round_to_step(values, rule, prefer_down).tolist(), strict=True):
        assert Decimal(str(rounded)) % step == 0
        assert abs(rounded - value) < rule.step * (1 + 1e-6)
        if rule.minimum <= value <= rule.maximum:
            assert rule.minimum <= rounded <= rule.maximum


@settings(max_examples=100)
@given(st.sampled_from(RULES), st.lists(st.floats(0, 20000), min_size=1, max_size=20))
def test_rounding_twice_changes_nothing_and_rounding_down_never_spends_more(rule, values):
    once = round_to_step(values, rule)
    assert round_to_step(once, rule).tolist() == once.tolist()
    inside = [value for value in values if rule.minimum <= value <= rule.maximum]
    down = round_to_step(inside, rule, prefer_down=True)
    assert all(low <= value + rule.step * 1e-6 for low, value in zip(down.tolist(), inside, strict=True))
