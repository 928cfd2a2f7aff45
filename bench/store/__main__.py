"""`python -m bench.store > docs/run.schema.json`: publish the schema of run.json."""

import json
import sys

from bench.store import schema

sys.stdout.write(json.dumps(schema(), indent=1) + "\n")
