"""Writes the review page: one HTML file with everything inside, which opens without a network, on a phone too.

Here belongs the filling of the template; what each part shows is worked out in ``page_view``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.presentation.page_view import page_view
from assets.presentation.summary import NightSummary
from configs.schema import Settings

TEMPLATES = Path(__file__).parent / "templates"


def write_page(
    path: Path,
    recommendations: pd.DataFrame,
    platform_status: pd.DataFrame,
    nodes: pd.DataFrame,
    summary: NightSummary,
    settings: Settings | None = None,
) -> Path:
    """Write the page to ``path`` and return it; the same input gives the same bytes.

    ``settings`` gives the ROAS lines that sentences quote; without them the packaged ones count.
    """
    import jinja2  # noqa: PLC0415 - only this function renders HTML

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    view = page_view(recommendations, platform_status, nodes, summary, settings)
    path.write_bytes(environment.get_template("page.html.jinja").render(**view).encode("utf-8"))
    return path
