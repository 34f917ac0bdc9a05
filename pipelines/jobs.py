"""The jobs of one home: the whole night, and publishing alone. Which stages exist is said in ``pipelines.assembly``."""

from __future__ import annotations

import dagster as dg

PUBLISH_GROUP = "6_publish"
RUN_RETRIES = {"dagster/max_retries": "2", "dagster/retry_on_asset_or_op_failure": "true"}

NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    tags=RUN_RETRIES,
    description="Last night's reports in, this morning's bid files out.",
)
PUBLISH = dg.define_asset_job(
    "publish",
    selection=dg.AssetSelection.groups(PUBLISH_GROUP),
    tags=RUN_RETRIES,
    description="Write the bid files of a night that was already computed; the chain of receipts is checked first.",
)
