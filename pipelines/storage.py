"""Where tonight's tables go between stages: Parquet plus receipt in the home, through one IO manager.

Only tonight's tables pass here. Windows and earlier state are read by the stages from the warehouse, never through partition
mappings. Formulas and platform knowledge do not belong here.
"""

from __future__ import annotations

from datetime import date

import dagster as dg
import pandas as pd

from assets.batch import Batches
from assets.steps import GATE
from assets.warehouse import tables


class TableStore(dg.IOManager):
    """Writes a stage's table with a receipt that names the receipts of its inputs; reads it back for the next stage."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Keep the table; the receipt is written last, after re-reading the bytes."""
        batch = self.batches.open(date.fromisoformat(context.partition_key))
        graph = context.step_context.job_def.asset_layer.asset_graph
        parents = tuple(sorted("/".join(key.path) for key in graph.get(context.asset_key).parent_keys))
        passed = bool((context.output_metadata or {})[GATE].value)
        receipt = tables.write_table(
            batch.home, batch.night, batch.inputs.revision, _name(context), obj, parents, batch.stamp({GATE: passed})
        )
        context.add_output_metadata({"sha256": receipt.sha256[:12], "revision": batch.inputs.revision})

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return one of tonight's tables."""
        return self.batches.open(date.fromisoformat(context.partition_key)).table(_name(context))


def _name(context: dg.OutputContext | dg.InputContext) -> str:
    return "/".join(context.asset_key.path)
