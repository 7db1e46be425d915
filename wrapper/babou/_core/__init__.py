"""The pure core: no clock, no network, no files. Everything else is built on it."""
