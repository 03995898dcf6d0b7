"""The settings of a worker that can also do the works of tests."""

from config.settings import *  # noqa: F403
from config.settings import JOBS as OURS

NAMES = ("HOLD", "SLEEP", "DEAF", "REFUSE", "COLLIDE", "COMMAND", "FAIL", "LOSE", "MAKE_FILE")
JOBS = [*OURS, *(f"tests.works.{name}" for name in NAMES)]
