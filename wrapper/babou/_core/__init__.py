"""What is pure: no clock, no network, no files. Everything else stands on it."""
