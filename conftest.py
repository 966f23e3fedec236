"""What holds for every test run: the plugins, and how examples are searched for."""

import os

from hypothesis import settings

pytest_plugins = ["pytester", "tests.plugins.acceptance", "tests.plugins.offline"]

# No deadlines: a busy machine is no broken promise.
settings.register_profile("house", deadline=None)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("long" if os.environ.get("IGP_LONG") else "house")
