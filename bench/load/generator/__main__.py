"""`python -m bench.load.generator`; see the package."""

from gevent import monkey

monkey.patch_all()  # before anything is imported that keeps what it replaces

import sys  # noqa: E402

from bench.load.generator.conversation import main  # noqa: E402

sys.exit(main())
