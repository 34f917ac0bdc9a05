"""The seeded engine: a number in, a mutant out, the same one on every machine."""

from __future__ import annotations

from random import Random

from tests.faults import byte_mutations, container_mutations, saving_mutations, table_mutations
from tests.faults.documents import documents
from tests.faults.mutant import Mutant

MUTATIONS = (
    *byte_mutations.MUTATIONS,
    *saving_mutations.MUTATIONS,
    *table_mutations.MUTATIONS,
    *container_mutations.MUTATIONS,
)


def make_mutant(seed: int) -> Mutant:
    """Return mutant number ``seed``: mutations take turns, the sample is drawn."""
    rng = Random(seed)
    mutation = MUTATIONS[seed % len(MUTATIONS)]
    for document in rng.sample(documents(), len(documents())):
        made = mutation(document, rng)
        if made is not None:
            return Mutant(seed, mutation.__name__, document.name, *made)
    raise LookupError(f"no sample can be mutated by {mutation.__name__}")
