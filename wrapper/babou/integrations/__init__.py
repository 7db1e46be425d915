"""Waits on task queues and workflow engines; each module needs the extra of its name."""
