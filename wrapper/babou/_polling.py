"""Where pickles of release 0.1 look for `PollPolicy`: they may lie in a queue."""

from babou._core.polling import PollPolicy

__all__ = ["PollPolicy"]
