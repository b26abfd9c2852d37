# SPDX-License-Identifier: GPL-2.0-only
"""An event loop on epoll: a timer, a pipe of its own that a thread writes to, the output of a child,
and a counter that wakes the loop.

Writes what it has counted to "result".  Nothing in it depends on how long anything takes.
"""

import os
import selectors
import subprocess
import sys
import threading
import time
import zlib

TICKS = 400
LINES = 600
CHILD = """
import sys, time
for number in range(3000):
    print(number * number % 9973, flush=number % 50 == 0)
    if number % 50 == 0:
        time.sleep(0.01)
"""


class Loop:
    """Reads from whatever is ready until all have ended."""

    def __init__(self):
        self.selector = selectors.EpollSelector()
        self.results = {}

    def add(self, file, name, read):
        """Calls `read` whenever the file can be read, until it says that this is the end."""
        os.set_blocking(file, False)
        self.selector.register(file, selectors.EVENT_READ, (name, read))

    def run(self):
        """Until nobody is left."""
        while self.selector.get_map():
            for key, _ in self.selector.select():
                name, read = key.data
                result = read(key.fd)
                if result is not None:
                    self.results[name] = result
                    self.selector.unregister(key.fd)


def ticks():
    """Counts what a timer brings."""
    seen = 0

    def read(timer):
        nonlocal seen
        seen += int.from_bytes(os.read(timer, 8), sys.byteorder)
        return TICKS if seen >= TICKS else None

    return read


def digest():
    """Takes in all bytes up to the end."""
    value = 0

    def read(file):
        nonlocal value
        data = os.read(file, 1000)
        value = zlib.crc32(data, value)
        return None if data else value

    return read


def wakes(count):
    """Sums what a counter brings."""
    total = 0

    def read(counter):
        nonlocal total
        total += os.eventfd_read(counter)
        return total if total >= count else None

    return read


def write(end, counter):
    """In a thread of its own: lines for the pipe, one for the counter with each."""
    for number in range(LINES):
        os.write(end, b"%d\n" % number)
        os.eventfd_write(counter, 1)
        time.sleep(0.001)
    os.close(end)


def main():
    """All of it at once."""
    loop = Loop()
    timer = os.timerfd_create(time.CLOCK_MONOTONIC)
    os.timerfd_settime(timer, initial=0.002, interval=0.002)
    loop.add(timer, "ticks", ticks())
    read_end, write_end = os.pipe()
    loop.add(read_end, "lines", digest())
    counter = os.eventfd(0)
    loop.add(counter, "wakes", wakes(LINES))
    writer = threading.Thread(target=write, args=(write_end, counter))
    writer.start()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as child:
        loop.add(child.stdout.fileno(), "child", digest())
        loop.run()
        writer.join()
        loop.results["status"] = child.wait()
    with open("result", "w") as result:
        result.write("%s\n" % sorted(loop.results.items()))


main()
