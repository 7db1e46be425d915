"""The checks, a module for each pair of parties that has to agree."""
