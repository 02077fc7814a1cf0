"""The memory of this process."""

import resource
from pathlib import Path


def resident_bytes(kind="VmRSS"):
    """Resident size of this process: "VmRSS", or without the pages of files: "RssAnon"."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(kind + ":")[1].split()[0]) * 1024


def peak_bytes():
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
