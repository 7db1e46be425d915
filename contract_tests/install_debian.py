"""Install the named Debian packages, where they are missing and that can be done."""

import os
import shutil
import subprocess
import sys


def main(names: list[str]) -> int:
    """Return an exit code: 0 where all packages are there, or were installed now."""
    if not shutil.which("dpkg-query"):
        print(f"not Debian: install what gives the commands of {' '.join(names)}", file=sys.stderr)
        return 1
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}\n", *names]
    known = subprocess.run(query, capture_output=True, text=True, check=False)
    if known.returncode == 0 and all(line.startswith("ii") for line in known.stdout.splitlines()):
        return 0
    if os.geteuid() != 0:
        print(f"install what is missing: sudo apt-get install {' '.join(names)}", file=sys.stderr)
        return 1
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-qq", *names], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
