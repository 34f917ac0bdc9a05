import numpy as np
import pandas as pd
import pytest

from assets.presentation.errors import MissingColumnsError, SummaryError
from assets.presentation.messages import night_message
from assets.presentation.summary import check_summary, count_actions, platform_money
from assets.presentation.tables import (
    actions_table,
    changes_first,
    held_rows,
    holds_table,
    is_change,
    subjects,
    summary_table,
    to_bullets,
    to_markdown,
    top_table,
    value_cells,
)
from tests.unit.presentation.sample_night import make_recommendations, make_status, make_summary


def night(n_rows=60):
    rows = make_recommendations(n_rows)
    return rows, make_summary(rows)


def test_the_top_table_shows_the_most_money_first():
    rows, _ = night()
    table = top_table(rows, currency="CNY")
    moved = changes_first(rows)["cost_change"].abs().tolist()
    assert moved == sorted(moved, reverse=True)
    assert table.iloc[0]["花费/天"] in {f"-¥{moved[0]:,.2f}", f"+¥{moved[0]:,.2f}"}
    assert len(table) == 25


def test_a_shorter_top_table_in_english_has_english_headers_and_words():
    table = top_table(night()[0], 3, "en")
    assert list(table.columns) == ["item", "change", "cost/day", "profit/day", "grade"]
    assert len(table) == 3
    assert {text.split()[0] for text in table["change"]} <= {"pause", "lower", "raise", "budget", "target"}
    assert all(" · " in text for text in table["item"])


def test_a_top_row_names_item_with_platform_and_action_with_values():
    rows = make_recommendations(2).assign(
        platform="google_ads", level="keyword", lever=["keyword_bid", "status"], action=["raise", "pause"], keyword=["a", "b"],
        search_term=None, currency="USD", old_value=[1.0, np.nan], new_value=[1.3, np.nan], cost_change=[2.0, -1.0],
    )  # fmt: skip
    table = top_table(rows, language="en")
    assert table["item"].tolist() == ["a · Google Ads", "b · Google Ads"]
    assert table["change"].tolist() == ["raise $1.00 → $1.30", "pause"]


def test_a_list_of_lines_is_never_read_as_markup():
    assert to_bullets(["a_b*c", "d|e"]) == "* a_b\\*c\n* d\\|e"
    assert to_bullets([]) == "—"


def test_kept_and_held_rows_are_no_change_unless_a_value_moves():
    rows = make_recommendations(3).assign(
        action=["keep", "hold", "raise"], old_value=[1.0, 1.0, 1.0], new_value=[1.0, 1.2, 1.2]
    )
    assert is_change(rows).tolist() == [False, True, True]


def test_the_item_is_named_by_term_keyword_campaign_or_key():
    rows = make_recommendations(4).assign(
        search_term=["新词", None, None, None], keyword=["a", "b", None, None], campaign=["c", "c", "c", None],
        level=["keyword", "keyword", "placement", "kol"], item=["x|1", "x|2", "x|3", "kol|main|offer-9"],
    )  # fmt: skip
    assert subjects(rows) == ["新词", "b", "c", "offer-9"]


def test_old_and_new_value_share_one_cell():
    rows = make_recommendations(4).assign(
        action=["raise", "add", "keep", "pause"], lever="keyword_bid", currency="USD",
        old_value=[1.0, np.nan, 2.0, np.nan], new_value=[1.3, 0.8, 2.0, np.nan],
    )  # fmt: skip
    assert value_cells(rows, "en") == ["$1.00 → $1.30", "$0.80", "$2.00", "on → off"]


def test_the_summary_table_shows_before_after_and_interval():
    table = summary_table(night()[1], "en")
    assert table.iloc[2].tolist() == ["profit", "¥1,210.40", "¥1,998.30", "+65%", "¥1,420.00 – ¥2,560.00"]
    assert list(summary_table(night()[1]).columns) == ["每天", "现在", "计划", "变化", "80% 区间"]


def test_an_unknown_interval_is_a_dash():
    _, summary = night()
    summary["money"]["cost"].update(low=None, high=None)
    assert summary_table(summary).iloc[0, 4] == "—"


def test_holds_show_platform_reason_and_last_day():
    table = holds_table(make_status(), "en")
    assert table.iloc[0].tolist()[0] == "Baidu search"
    assert "1,204.50" in table.iloc[0, 1]
    assert table.iloc[0, 2] == "2026-03-30"
    assert len(table) == 1


def test_a_platform_without_verdict_counts_as_held():
    status = make_status()
    status["is_held"] = pd.array([None, False, False, False, False], dtype="boolean")
    assert held_rows(status)["platform"].tolist() == ["taobao_keyword"]


def test_actions_are_counted_by_platform():
    rows = make_recommendations(4).assign(platform=["b", "a", "b", "b"], action=["raise", "pause", "lower", "raise"])
    assert count_actions(rows) == {"a": {"pause": 1}, "b": {"lower": 1, "raise": 2}}
    table = actions_table(count_actions(rows), "en")
    assert table.to_dict("records") == [
        {"platform": "a", "actions": "pause 1"}, {"platform": "b", "actions": "raise 2 · lower 1"},
    ]  # fmt: skip


def test_platform_money_counts_an_item_once_and_only_accepted_changes():
    rows = make_recommendations(3).assign(
        platform="p", item=["x", "x", "y"], cost=[10.0, 10.0, 5.0], roas=[2.0, 2.0, np.nan], cost_change=[1.0, 2.0, 100.0],
        value_change=[3.0, -30.0, 9.0], decision=["accept", "accept", "hold"],
    )  # fmt: skip
    assert platform_money(rows).iloc[0].tolist() == ["p", 15.0, 18.0, 20.0, 0.0]


def test_markdown_shows_signs_as_they_are():
    frame = pd.DataFrame({"a|b": ["x|y", "<b>*[1]`\n"], "n": [1, None]})
    lines = to_markdown(frame).split("\n")
    assert lines[0] == "| a\\|b | n |"
    assert lines[2] == "| x\\|y | 1.0 |"
    assert lines[3] == "| &lt;b&gt;\\*\\[1\\]\\` | — |"


def test_an_empty_table_still_has_its_header():
    assert to_markdown(holds_table(make_status().iloc[:0], "en")).startswith("| platform | reason |")


def test_the_message_names_holds_money_and_actions_in_few_lines():
    rows, summary = night()
    text = night_message(summary, make_status(), "en")
    assert text.startswith("Bidwright plan of 2026-03-31\n⚠ held Baidu search: totals row")
    assert "profit ¥1,210.40 → ¥1,998.30/day (+65%)" in text
    assert len(text.splitlines()) == 5 + rows.loc[rows["action"] != "keep", "platform"].nunique()
    assert "利润 ¥1,210.40" in night_message(summary, make_status())


def test_a_message_with_many_holds_stays_short():
    status = pd.concat([make_status().assign(is_held=True)] * 3, ignore_index=True)
    lines = night_message(night()[1], status).splitlines()
    assert [line for line in lines if line.startswith("⚠")][-1] == "⚠ 暂停 +10"


def test_all_faults_of_a_summary_are_named_together():
    _, summary = night()
    summary["night"] = "yesterday"
    summary["money"] = {
        **summary["money"],
        "cost": {"before": float("nan"), "after": 1.0, "low": float("inf"), "high": 2.0},
    }
    del summary["money"]["value"]
    with pytest.raises(
        SummaryError, match=r"cost.before is nan.*interval holds inf.*value is missing.*'yesterday'"
    ) as caught:
        check_summary(summary)
    assert len(caught.value.faults) == 4


def test_a_summary_without_its_parts_is_refused():
    with pytest.raises(SummaryError, match="currency is missing; money is missing; actions is missing"):
        check_summary({"night": "2026-03-31"})


def test_a_table_without_a_needed_column_is_refused():
    with pytest.raises(
        MissingColumnsError, match=r"cannot show recommendations: 1 of its columns are missing.*currency"
    ):
        top_table(make_recommendations(2).drop(columns="currency"))
