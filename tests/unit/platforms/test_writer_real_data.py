"""The bulk upload files against the platform's own list of headers, operations and words, where it is at hand."""

from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from configs.loader import load_platforms

EXPORT = Path(__file__).parents[4] / "shared/data/amazon_ads/sp_bulksheet_2026_pseudonymised.xlsx"
BULK = load_platforms()["amazon_sp"]
UPDATES, ADDITIONS = BULK.bid_files

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not EXPORT.exists(), reason="../shared/data is not there"),
]


def sheet(name):
    return CalamineWorkbook.from_path(EXPORT).get_sheet_by_name(name).to_python()


def config(name):
    """Return the words of one line of the export's own Config sheet."""
    return next([str(word) for word in line[1:] if word] for line in sheet("Config") if line[0] == name)


@pytest.mark.parametrize("spec", BULK.bid_files, ids=lambda spec: spec.name)
def test_our_headers_are_those_of_the_real_export_in_its_order(spec):
    real = sheet(spec.sheet)[0]
    ours = [column.header for column in spec.columns]
    assert ours == [header for header in real if header in ours]


@pytest.mark.parametrize(
    ("spec", "entity"),
    [(UPDATES, "UpdateKeyword"), (UPDATES, "UpdateProductTargeting"), (ADDITIONS, "CreateKeyword"),
     (ADDITIONS, "CreateNegativeKeyword"), (ADDITIONS, "ArchiveKeyword")],
)  # fmt: skip
def test_every_header_that_the_platform_requires_is_written(spec, entity):
    ours = {column.header.casefold() for column in spec.columns}
    assert {header.casefold() for header in config(f"SponsoredProducts{entity}RequiredHeaders")} <= ours


def test_the_words_that_we_write_are_words_that_the_platform_accepts():
    words = {(spec.name, column.header): set(column.map.values()) for spec in BULK.bid_files for column in spec.columns}
    accepted = set(config("SponsoredProductsCreateKeywordMatchTypes"))
    accepted |= set(config("SponsoredProductsCreateNegativeKeywordMatchTypes"))
    assert words["keyword_additions", "Match Type"] == accepted
    assert words["keyword_additions", "Operation"] <= set(config("SponsoredProductsOperationNames"))
    assert words["keyword_updates", "State"] <= set(config("SponsoredProductsUpdateKeywordStates"))
    assert words["keyword_updates", "Entity"] <= set(config("SponsoredProductsEntityNames"))
