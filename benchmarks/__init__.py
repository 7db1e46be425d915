"""Measure what this package costs beside others, on one machine in one run: `nox -s bench`."""
