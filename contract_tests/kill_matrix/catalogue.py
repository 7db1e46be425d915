"""All faults and all variants, in the order of the table."""

from kill_matrix import (
    faults_bodies,
    faults_bytes,
    faults_filters,
    faults_generated,
    faults_key,
    faults_lookup,
    faults_pages,
    faults_spec,
    faults_spec_operations,
    faults_statuses,
    faults_time,
    faults_uploads,
)
from kill_matrix.model import Fault, Variant
from kill_matrix.variants import VARIANTS as _ANSWERS
from kill_matrix.variants_operations import VARIANTS as _OPERATIONS

FAULTS: tuple[Fault, ...] = (
    *faults_bodies.FAULTS,
    *faults_statuses.FAULTS,
    *faults_bytes.FAULTS,
    *faults_key.FAULTS,
    *faults_lookup.FAULTS,
    *faults_time.FAULTS,
    *faults_pages.FAULTS,
    *faults_filters.FAULTS,
    *faults_uploads.FAULTS,
    *faults_spec.FAULTS,
    *faults_spec_operations.FAULTS,
    *faults_generated.FAULTS,
)

VARIANTS: tuple[Variant, ...] = (*_ANSWERS, *_OPERATIONS)


def part(number: int, of: int) -> tuple[tuple[Fault, ...], tuple[Variant, ...]]:
    """Return every `of`-th fault and variant, from the `number`-th on, counted from 1.

    Raises:
        ValueError: There is no such part.
    """
    if not 1 <= number <= of:
        raise ValueError(f"there is no part {number} of {of}")
    return FAULTS[number - 1 :: of], VARIANTS[number - 1 :: of]
