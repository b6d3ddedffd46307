# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs a command and says what it cost: CPU seconds and peak memory, as the kernel counted them."""
import os
import statistics
import subprocess
import threading
import time

from . import REPETITIONS

LOOK_SECONDS = 0.02


class Failed(Exception):
    """A command that was to be measured did not end well."""


class AnonymousMemory(threading.Thread):
    """The peak of a process's own memory, without mapped files: the kernel takes those back when it has to."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_kib, self.over = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(LOOK_SECONDS):
            try:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
                    found = [int(line.split()[1]) for line in status if line.startswith("RssAnon:")]
            except OSError:
                return
            self.peak_kib = max([self.peak_kib, *found])

    def stop(self):
        self.over.set()
        self.join()
        return self.peak_kib / 1024


def once(command, accept=(0,)):
    """(CPU seconds, wall seconds, peak MiB, peak anonymous MiB) of one run; its output is thrown away."""
    started = time.monotonic()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    memory = AnonymousMemory(child.pid)
    tail = child.stderr.read()[-500:]
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - started
    anonymous = memory.stop()
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode not in accept:
        raise Failed(f"{' '.join(map(str, command))}: exit {child.returncode}: {tail.decode('utf-8', 'replace')}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, anonymous


def medians(command, before=None, accept=(0,), repetitions=REPETITIONS):
    """The medians of several runs; before() puts things back in place."""
    runs = []
    for _ in range(repetitions):
        if before:
            before()
        runs.append(once(command, accept))
    return tuple(statistics.median(column) for column in zip(*runs))
