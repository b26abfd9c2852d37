# SPDX-License-Identifier: GPL-2.0-only
"""An asyncio program: tasks that sleep, a child whose output is read from a pipe, an event loop on
epoll.

Writes what it has counted to "result".  Nothing in it depends on how long anything takes.
"""

import asyncio
import os
import sys
import zlib

CHILD = "import sys\nfor i in range(3000):\n print(i * i % 9973, flush=i % 100 == 0)\n"


async def ticks(count):
    """Sums what a timer brings."""
    total = 0
    for number in range(count):
        await asyncio.sleep(0.002)
        total += number
    return total


async def through_pipe(count):
    """Writes into a pipe of its own and reads from it in another task."""
    read_end, write_end = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb")
    )

    async def write():
        with os.fdopen(write_end, "wb", buffering=0) as out:
            for number in range(count):
                out.write(b"%d\n" % number)
                await asyncio.sleep(0.001)

    writer = asyncio.create_task(write())
    digest = 0
    async for line in reader:
        digest = zlib.crc32(line, digest)
    await writer
    return digest


async def of_child():
    """What a child prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, stdout=asyncio.subprocess.PIPE
    )
    digest = 0
    async for line in child.stdout:
        digest = zlib.crc32(line, digest)
    return digest, await child.wait()


async def main():
    """All of it at once."""
    results = await asyncio.gather(ticks(400), through_pipe(500), of_child())
    with open("result", "w") as result:
        result.write("%s\n" % (results,))


asyncio.run(main())
