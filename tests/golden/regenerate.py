"""Rewrites the golden bid files after an intended change: ``python -m tests.golden.regenerate``, then read the diff."""

from pathlib import Path

from assets.platforms.writer import write_bid_files
from configs.loader import load_platforms
from tests.golden.sample_rows import NIGHT, sample_rows

GOLDEN = Path(__file__).parent


def main() -> None:
    """Write one folder a platform, replacing what was there."""
    for platform in load_platforms().values():
        if platform.bid_files:
            write_bid_files(sample_rows(platform), platform, GOLDEN / platform.name, night=NIGHT)


if __name__ == "__main__":
    main()
