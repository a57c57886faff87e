"""Real log4j releases for tests: by name from Maven, shared with the differential tests."""
import fcntl
import os
import pathlib
import subprocess
import sys

JARS = pathlib.Path(os.environ.get("CT_JARS", "build/dev/differential/jars"))
FETCH = pathlib.Path(__file__).resolve().parents[2] / "differential" / "fetch-jars.sh"


def need():
    """Exit status 77 with the reason last, where the jars cannot be had."""
    JARS.mkdir(parents=True, exist_ok=True)
    with open(JARS.parent / ".lock", "w") as lock:  # as prepare.sh does
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([str(FETCH), str(JARS)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        print(done.stderr.decode().strip() or "the jars cannot be had")
        sys.exit(77)
