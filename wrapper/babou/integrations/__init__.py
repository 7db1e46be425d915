"""Waits on engines that a service has already; each module needs the extra of its name."""
