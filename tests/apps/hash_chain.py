# SPDX-License-Identifier: GPL-2.0-only
"""A chain of hashes with its links in files, and enough of Python around it.

Writes the end of the chain to "result".  Nothing in it depends on time, pids or addresses.
"""

import collections
import hashlib
import os
import random
import re
import struct
import zlib

LINKS = 6000


def blocks(stream):
    """What the input holds, again and again."""
    while True:
        block = stream.read(997)
        if not block:
            stream.seek(0)
            continue
        yield block


def main():
    chooser = random.Random(42)
    recent = collections.deque(maxlen=50)
    seen = {}
    digest = b"start"
    with open("input", "w+b") as stream, open("links", "w") as links, open("state", "w+b") as state:
        stream.write(bytes(chooser.randrange(256) for _ in range(20000)))
        stream.seek(0)
        source = blocks(stream)
        for number in range(LINKS):
            digest = hashlib.sha256(digest + next(source)).digest()
            recent.append(digest.hex())
            if number % 7 == 0:
                seen[digest[:2]] = seen.get(digest[:2], 0) + len(re.findall("[a-f]+", recent[-1]))
            if number % 50 == 0:
                links.write("%d %s %d\n" % (number, recent[0], zlib.crc32("".join(recent).encode())))
                state.seek(struct.calcsize("<Q") * chooser.randrange(100))
                state.write(struct.pack("<Q", chooser.getrandbits(64)))
        total = sum(seen.values())
    with open("result", "w") as result:
        result.write("%s %d %d %.17g\n" % (digest.hex(), total, len(seen), chooser.gauss(0, 1)))
        result.write("%d %d\n" % (os.path.getsize("links"), os.path.getsize("state")))


main()
