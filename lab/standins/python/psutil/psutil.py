"""Stand-in for psutil: the figures that the lab's agent reports, from /proc."""
import os
from collections import namedtuple

Memory = namedtuple("Memory", "total available percent")
Disk = namedtuple("Disk", "total used free percent")


def cpu_count(logical=True):
    return os.cpu_count()


def cpu_percent(interval=None):
    return min(100.0, 100.0 * os.getloadavg()[0] / (os.cpu_count() or 1))


def virtual_memory():
    with open("/proc/meminfo") as file:
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}
    total, available = sizes["MemTotal"], sizes["MemAvailable"]
    return Memory(total, available, 100.0 * (total - available) / total)


def disk_usage(path):
    figures = os.statvfs(path)
    total, free = figures.f_blocks * figures.f_frsize, figures.f_bavail * figures.f_frsize
    return Disk(total, total - free, free, 100.0 * (total - free) / total if total else 0.0)


def boot_time():
    with open("/proc/stat") as file:
        return float(next(line.split()[1] for line in file if line.startswith("btime")))
