"""Compatibility by behaviour: the released client and this one, each against the other's spec.

Import from its modules: `compare` loads hypothesis, for which the others need not wait.
"""
