# SPDX-License-Identifier: GPL-2.0-only
"""Threads that take pieces of work from a list, and processes that each do a part.

Writes what they have found to "result".  Nothing in it depends on time, pids or who was first.
"""

import hashlib
import os
import threading
import zlib

THREADS = 4
PROCESSES = 3
PIECES = 120
LINKS = 60


def chain(start, length):
    digest = start.to_bytes(4, "little")
    for _ in range(length):
        digest = hashlib.sha256(digest).digest()
        zlib.crc32(digest)
    return digest.hex()


class Pool:
    """Pieces that are left, and what came of the others."""

    def __init__(self):
        self.changed = threading.Condition()
        self.left = list(range(PIECES))
        self.found = {}

    def work(self):
        while True:
            with self.changed:
                if not self.left:
                    return
                piece = self.left.pop()
            digest = chain(piece, LINKS)
            with self.changed:
                self.found[piece] = digest
                self.changed.notify_all()


def part(number):
    """What one process does: its result goes to a file of its own."""
    with open(f"part-{number}", "w") as out:
        for piece in range(PIECES // 2):
            print(chain(1000 * number + piece, LINKS), file=out)


def main():
    children = []
    for number in range(PROCESSES):
        pid = os.fork()
        if pid == 0:
            part(number)
            os._exit(number + 1)
        children.append(pid)
    pool = Pool()
    threads = [threading.Thread(target=pool.work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    with pool.changed:
        while len(pool.found) < PIECES:
            pool.changed.wait()
    for thread in threads:
        thread.join()
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    with open("result", "w") as result:
        for piece in range(PIECES):
            print(piece, pool.found[piece], file=result)
        print(statuses, file=result)


main()
