"""Render the parts of the documentation that follow the specification of a copy."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv[1], "docs", "_hooks")))

import site_errors
import site_specification

assert site_errors.__file__.startswith(sys.argv[1]), site_errors.__file__
parts = {"page": site_specification.page(), "statuses": site_errors.statuses()}
sys.stdout.write(json.dumps(parts))
