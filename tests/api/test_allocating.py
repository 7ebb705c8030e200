"""The allocator of a process that serves."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROBE = """
import ctypes, threading
from forerun.api.allocating import in_few_arenas
print(in_few_arenas())
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
both, over = threading.Barrier(20), threading.Barrier(20)
def allocate():
    both.wait()
    libc.malloc(1_000)
    over.wait()
threads = [threading.Thread(target=allocate) for _ in range(20)]
[each.start() for each in threads]
[each.join() for each in threads]
libc.fopen.restype = libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fflush.argtypes = [ctypes.c_void_p]
import sys
sys.stdout.flush()
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(out)
"""


def _probed(**environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=True,
        env={**_without_malloc(), **environment},
    )
    return ran.stdout


def _without_malloc() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MALLOC")}


glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="there is no glibc here")


@glibc
def test_twenty_threads_share_two_heaps() -> None:
    """As glibc itself tells of a process that has set it."""
    told = _probed()
    assert told.startswith("True")
    assert 1 <= told.count("<heap nr=") <= 2


@glibc
def test_what_the_environment_says_stays() -> None:
    """Who has set the number of arenas has his reasons."""
    told = _probed(MALLOC_ARENA_MAX="6")
    assert told.startswith("False")
    assert 2 < told.count("<heap nr=") <= 6
