"""The platform's settings over a folder of this run's own. DATABASE_URL and REDIS_URL choose the team profile.

Nothing of the machine's own is touched: databases carry a name of their own, and of Redis only those numbers are used,
and flushed, that no other test run holds and that hold nobody's data.
"""

import os
import tempfile
import uuid

from tests.redis_space import claimed

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="hisho-tests-")
os.environ.pop("CACHE_REDIS_URL", None)
os.environ["BUILTIN_PACE_MS"] = "0"
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = claimed(os.environ["REDIS_URL"])

from config.settings import *  # noqa: F403

STATIC_ROOT.mkdir()  # noqa: F405
WHITENOISE_USE_FINDERS = (
    False  # every test client would walk through all files; the servers of the tests do it in earnest
)
PASSWORD_HASHERS = ["tests.quick_hasher.QuickArgon2"]
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"hisho_test_{uuid.uuid4().hex[:12]}"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405 - no test pulls the plug
    # Two such processes and the teams of tests/team share a server of 100 connections.
    DATABASES["default"]["OPTIONS"]["pool"] |= {"max_size": 30}  # noqa: F405
