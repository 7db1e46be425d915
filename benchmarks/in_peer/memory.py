"""How much memory this process has needed."""

import resource


def peak():
    """Return the most memory that this process has held so far, in MB."""
    try:
        with open("/proc/self/status") as status:
            found = next(line for line in status if line.startswith("VmHWM"))
        return int(found.split()[1]) / 1e3  # getrusage counts the parent's before the exec as well
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS: bytes
