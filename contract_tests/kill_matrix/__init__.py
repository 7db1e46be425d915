"""The proof of the contract check: faults that it has to find, and variants that it has to pass."""
