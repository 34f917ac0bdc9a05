"""Makes, reads and judges many mutants in a few processes; the command behind ``make test-faults``.

Run it as ``python -m tests.faults.run --mutants 20000``. A failing mutant is saved, and the run ends with 1.
"""

# ruff: noqa: T201 - a command that talks to people

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.faults.mutations import MUTATIONS, make_mutant
from tests.faults.oracle import judge, night_of
from tests.faults.reading import limit_resources, read

BATCH = 50
MAX_FAILURES = 10
MAX_BATCH_SECONDS = 300


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant; ``wrong`` is empty when that is right."""

    seed: int
    mutation: str
    outcome: str
    wrong: str


def try_mutant(seed: int) -> Verdict:
    """Make, read and judge one mutant."""
    mutant = make_mutant(seed)
    outcome = read(mutant.data, night_of(mutant.sample))
    wrong = judge(mutant, outcome)
    if outcome.refusal is not None:
        return Verdict(seed, mutant.mutation, f"refused: {outcome.refusal.code}", wrong and f"{mutant.name}: {wrong}")
    said = "crashed" if outcome.crash else outcome.status + (" with lines aside" if outcome.aside else "")
    return Verdict(seed, mutant.mutation, said, wrong and f"{mutant.name}: {wrong}")


def try_batch(seeds: range) -> list[Verdict]:
    return [try_mutant(seed) for seed in seeds]


def run(mutants: int, first: int, processes: int) -> Iterator[list[Verdict]]:
    """Yield verdicts batch by batch; a process that dies is a failure of its batch."""
    batches = [range(start, min(start + BATCH, first + mutants)) for start in range(first, first + mutants, BATCH)]
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=limit_resources) as pool:
        waiting = {pool.submit(try_batch, batch): batch for batch in batches}
        while waiting:
            done, _ = wait(waiting, timeout=MAX_BATCH_SECONDS, return_when=FIRST_COMPLETED)
            if not done:
                raise TimeoutError(
                    f"no batch ended within {MAX_BATCH_SECONDS} s; first waiting: {next(iter(waiting.values()))}"
                )
            for future in done:
                batch = waiting.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    yield [Verdict(batch.start, "any", "process died", f"a mutant of {batch} ends the process")]
                    return


def main() -> int:
    """Run, show progress and a summary, and return the exit status."""
    parser = argparse.ArgumentParser(description="Read mutated sample files and judge every reading.")
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--save", type=Path, default=Path("faults"))
    options = parser.parse_args()
    started, n_done = time.monotonic(), 0
    counts: Counter[tuple[str, str]] = Counter()
    failures: list[Verdict] = []
    for verdicts in run(options.mutants, options.first, options.processes):
        n_done += len(verdicts)
        counts.update((one.mutation, one.outcome) for one in verdicts)
        failures += [one for one in verdicts if one.wrong]
        if sys.stderr.isatty() or n_done % 2_000 < BATCH:
            print(f"\r{n_done:,} of {options.mutants:,}, {len(failures)} wrong", end="", file=sys.stderr, flush=True)
        if len(failures) >= MAX_FAILURES:
            break
    print(file=sys.stderr)
    _tell(counts, failures, options.save)
    print(f"{n_done:,} mutants, {len(failures)} wrong, {time.monotonic() - started:.0f} s.")
    return 1 if failures else 0


def _tell(counts: Counter[tuple[str, str]], failures: list[Verdict], folder: Path) -> None:
    for mutation in (*[one.__name__ for one in MUTATIONS], "any"):
        found = {outcome: n for (name, outcome), n in sorted(counts.items()) if name == mutation}
        if found:
            print(f"{mutation:20} " + ", ".join(f"{outcome} {n}" for outcome, n in found.items()))
    for failure in failures:
        folder.mkdir(exist_ok=True)
        path = folder / f"{failure.seed:05d}_{failure.mutation}"
        if failure.mutation != "any":
            path.write_bytes(make_mutant(failure.seed).data)
        print(
            f"WRONG {failure.wrong}\n      saved as {path}; again: python -m tests.faults.run --first {failure.seed} --mutants 1"
        )


if __name__ == "__main__":
    sys.exit(main())
