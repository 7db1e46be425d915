"""`python -m kill_matrix`."""

import sys

from kill_matrix.run import main

if __name__ == "__main__":
    sys.exit(main())
