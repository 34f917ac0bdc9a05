"""What ``workspace.yaml`` loads: the definitions of the environment's home. The command line builds its own, per ``--home``."""

from __future__ import annotations

from pipelines.assembly import build_definitions
from pipelines.resources import home_root, keep_libraries_quiet

ROOT = home_root()
keep_libraries_quiet(ROOT)
defs = build_definitions(ROOT)
