"""What a platform file in ``configs/platforms`` may say: reports, rulebook and bid file.

Here belongs the shape of that knowledge only. Reading report files is the work of ``assets.platforms``; money rules of
the shop are in ``configs.schema``.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Lever = Literal[
    "keyword_bid",
    "daily_budget",
    "target_roas",
    "status",
    "new_keyword",
    "negative_keyword",
    "commission_rate",
    "kol_offer",
]
Kind = Literal[
    "keyword_daily", "placement_daily", "search_terms", "keyword_market", "entities", "bid_landscape", "products",
    "mapping", "store_orders", "channel_daily", "kol_offers", "kol_posts", "kol_profiles", "edit_results", "reference",
]  # fmt: skip
ValueType = Literal[
    "text",
    "id",
    "date",
    "count",
    "number",
    "money",
    "money_minor",
    "share",
    "range",
    "keyword",
    "match_type",
    "status",
    "flag",
]
Evidence = Literal["FILE", "DOC", "CODE", "MEM"]


class Frozen(BaseModel):
    """Base of every configuration model: immutable, and no unknown key passes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Frozen):
    """Where a rule was read, how well it is known, and when it was last checked."""

    evidence: Evidence
    source: str
    checked_on: date


class ColumnSpec(Frozen):
    """One canonical column: the headers it goes by (newest first) and how its cells are written."""

    headers: tuple[str, ...]
    type: ValueType
    required: bool = False
    to: tuple[str, ...] = ()  # for `range`: the low and the high column
    pattern: bool = False  # headers are regular expressions (attribution window or currency inside a header)
    coalesce: bool = False  # several of the headers may be there: the first filled cell of a row counts
    personal: bool = False  # names, links, e-mails of people: kept only as a pseudonym
    values: dict[str, str] = Field(default_factory=dict)  # the platform's word -> ours; "" = missing


class TotalsSpec(Frozen):
    """How totals rows are told from data, and whether the data must add up to them."""

    rule: Literal["equal", "subset", "none"] = "none"
    pattern: str = r"^(Total: .+|总计|合计.*|小计)$"
    is_unlabelled: bool = False  # a row that leaves all needed names blank is a totals row too
    control: tuple[str, ...] = ()  # patterns of the label that the rows must add up to; the first that is there counts
    account: str = ""  # rule `subset`: pattern of the label of the whole, whose remainder is shown
    hidden: str = ""  # rule `subset`: pattern of the label that names what the platform keeps back


class ReportSpec(Frozen):
    """One report that people download: how it is recognised and what its columns mean."""

    name: str
    kinds: tuple[Kind, ...]  # one file may feed two kinds (an export with statistics and bids)
    source: Source
    columns: dict[str, ColumnSpec]
    required_headers: tuple[str, ...] = ()  # no value is read from them, but only this report has them
    forbidden_headers: tuple[str, ...] = ()  # a header that says: this is another report
    ignored_headers: tuple[str, ...] = ()  # known and not needed (ratios are recomputed); anything else is reported
    ignored_patterns: tuple[str, ...] = ()  # the same as regular expressions
    sheets: tuple[str, ...] = ()  # only these sheets of a workbook
    keep_rows: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # header -> accepted values (scene, entity)
    constants: dict[str, str] = Field(default_factory=dict)  # canonical column -> value for every row
    date_from: Literal["column", "preamble", "file_night"] = "column"
    date_formats: tuple[str, ...] = (
        "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%Y.%m.%d", "%Y年%m月%d日",
    )  # fmt: skip
    totals: TotalsSpec = TotalsSpec()
    row_span: str = ""  # header of a column that repeats the same spend per value (attribution window)
    row_span_keep: str = ""  # "longest", or the literal value to keep (without it in the file: the longest)
    segments: tuple[str, ...] = ()  # headers that split one spend into parts that add up (device, hour, product)
    refused_headers: dict[str, str] = Field(default_factory=dict)  # header -> why a report with it cannot be used
    refused_lines: dict[str, str] = Field(default_factory=dict)  # pattern of a line above the header -> why
    deleted_pattern: str = ""  # names that match it are of things that are gone: their facts stay, they are no entities
    has_account_row: bool = False  # a row that holds nothing but the account's name stands above its data


class Attribution(Frozen):
    """How the platform credits orders to clicks."""

    window_days: int = Field(ge=0, le=90)
    date: Literal["click", "conversion"] = "click"


class LeverRule(Frozen):
    """What the platform lets one lever do. Money is in the account's main currency unit.

    ``status`` and ``negative_keyword`` carry no number and leave minimum, maximum and step as they are; the value of
    ``new_keyword`` is its first bid.
    """

    lever: Lever
    minimum: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    maximum: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    step: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    rounding: Literal["down", "half_up", "nearest"] = "nearest"
    edits_per_day: int | None = Field(default=None, ge=1)  # of one item; None = as many as wanted
    learning_days: int = Field(default=0, ge=0)  # an edited item is left alone for so many days
    may_lower: bool = True  # False: the platform takes raises only
    raises_only: tuple[str, ...] = ()  # entity types for which it takes raises only
    source: Source

    @property
    def has_value(self) -> bool:
        """Return whether an edit of this lever carries a number."""
        return self.lever not in {"status", "negative_keyword"}

    @model_validator(mode="after")
    def _bounds(self) -> LeverRule:
        if self.has_value and not self.minimum < self.maximum:
            raise ValueError(
                f"{self.lever}: minimum {self.minimum:g} is not below maximum {self.maximum:g}; state both"
            )
        return self


class Rulebook(Frozen):
    """Everything the platform enforces about edits."""

    levers: tuple[LeverRule, ...] = ()
    max_rows_per_file: int = 500_000
    edits_per_day: int | None = Field(default=None, ge=1)  # of the whole account, all levers together
    response: Literal["second_price", "first_price"] = "second_price"

    def rule(self, lever: str) -> LeverRule | None:
        """Return the rule of ``lever``, or None when the platform keeps that lever closed."""
        return next((rule for rule in self.levers if rule.lever == lever), None)


class BidColumn(Frozen):
    """One column of an upload file: a column of the edit table (``assets.platforms.bid_table``), or a constant.

    Neither column nor constant = an always blank cell. A value that ``map`` does not name refuses the file.
    """

    header: str
    column: str = ""
    constant: str = ""
    format: Literal["text", "id", "number", "minor", "integer"] = "text"  # minor: 1/100 of the currency unit, integer
    map: dict[str, str] = Field(default_factory=dict)
    only_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # edit column -> values; other rows stay blank
    required: bool = False  # a blank cell (where only_if holds) refuses the file


class BidFileSpec(Frozen):
    """One upload file: which levers it carries and how its cells are written."""

    name: str = Field(pattern=r"^[a-z_]+$")  # stem of the file, e.g. keyword_bids
    levers: tuple[Lever, ...]
    format: Literal["csv", "tsv", "xlsx", "json"] = "csv"
    encoding: str = "utf-8"
    sheet: str = ""
    line_ending: Literal["\n", "\r\n"] = "\r\n"
    is_alternative: bool = False  # another way to the same edits: written only where the shop asks for it (`upload`)
    has_header: bool = True  # False: lines to paste
    leading_rows: tuple[dict[str, str], ...] = ()  # records before the edits, header -> cell
    split_by: str = ""  # edit column: one file for each of its values, the value in the file's name
    columns: tuple[BidColumn, ...]
    blank_means: str
    how_to_apply: dict[Literal["zh", "en"], str]  # what ad ops does with the file
    how_to_undo: dict[Literal["zh", "en"], str]  # what ad ops does with the undo file
    rows_per_file: int | None = Field(default=None, ge=1)  # more rows go to further files; None = one file
    source: Source

    @model_validator(mode="after")
    def _lines_only(self) -> BidFileSpec:
        if self.format not in {"csv", "tsv"} and (self.leading_rows or not self.has_header):
            raise ValueError(f"{self.name}: leading_rows and has_header are for csv and tsv, not for {self.format}")
        unknown = {header for row in self.leading_rows for header in row} - {column.header for column in self.columns}
        if unknown:
            raise ValueError(f"{self.name}: leading_rows name {sorted(unknown)[:5]}, which is no column of the file")
        return self


class Platform(Frozen):
    """A platform is data: this model is all that Python knows of it."""

    name: str
    title: dict[str, str]
    currency: str | None = None  # default when the export does not say
    time_zone: str = "Asia/Shanghai"
    item_key: dict[Literal["keyword", "placement"], tuple[str, ...]] = Field(default_factory=dict)
    attribution: Attribution = Attribution(window_days=15)
    maturity: tuple[float, ...] = (1.0,)  # share of a day's conversions reported at age 0, 1, 2 ... days
    maturity_source: str = ""
    reports: tuple[ReportSpec, ...] = ()
    rulebook: Rulebook = Rulebook()
    bid_files: tuple[BidFileSpec, ...] = ()
    preamble_marks: tuple[str, ...] = ()  # lines above a header that only this platform writes (regular expressions)
    is_template: bool = False  # rows name their own platform
    is_market: bool = False  # market data only: nothing is bought there
