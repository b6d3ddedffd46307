# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs a command and says what it cost: CPU seconds and peak memory, as the kernel counted them."""
import os
import statistics
import subprocess
import time

from . import REPETITIONS


class Failed(Exception):
    """A command that was to be measured did not end well."""


def once(command, accept=(0,)):
    """(CPU seconds, wall seconds, peak MiB) of one run; its output is thrown away."""
    started = time.monotonic()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    tail = child.stderr.read()[-500:]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode not in accept:
        raise Failed(f"{' '.join(map(str, command))}: exit {child.returncode}: {tail.decode('utf-8', 'replace')}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024


def medians(command, before=None, accept=(0,), repetitions=REPETITIONS):
    """The medians of several runs; before() puts things back in place."""
    runs = []
    for _ in range(repetitions):
        if before:
            before()
        runs.append(once(command, accept))
    return tuple(statistics.median(column) for column in zip(*runs))
