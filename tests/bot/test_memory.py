"""Memory that a burst of files has used is the system's again afterward."""

import platform
import subprocess
import sys

import pytest

_BURST = """
import os
from bot.memory import give_back

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

before = held()
pieces = [bytearray(60_000) for _ in range(4_000)]
rest = pieces[::400]
del pieces
after = held()
give_back()
print(after - before, held() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory back")
def test_freed_memory_is_given_back():
    done = subprocess.run([sys.executable, "-c", _BURST], capture_output=True, text=True, check=True)
    kept, after = map(int, done.stdout.split())
    assert kept > 150
    assert after < 20
