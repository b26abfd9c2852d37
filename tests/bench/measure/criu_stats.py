# SPDX-License-Identifier: GPL-2.0-only
"""The file stats-dump of criu: a protocol buffer, whose decoder Debian does not package."""

import struct
from pathlib import Path
from typing import Iterator

SERVICE_MAGIC = 0x55105940
STATS_MAGIC = 0x57093306
HEAD = struct.Struct("<III")

VARINT = 0
LENGTH = 2
STATS_DUMP = 1

# dump_stats_entry of criu's stats.proto; times in microseconds.
FIELDS = {
    1: "freezing_time",
    2: "frozen_time",
    3: "memdump_time",
    4: "memwrite_time",
    5: "pages_scanned",
    6: "pages_skipped_parent",
    7: "pages_written",
}


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == VARINT:
            yield key >> 3, value
        elif key & 7 == LENGTH:
            yield key >> 3, data[at : at + value]
            at += value
        else:
            raise ValueError(f"stats-dump: wire type {key & 7}")


def dump(path: Path) -> dict[str, int]:
    """What the last dump says about itself."""
    data = path.read_bytes()
    service, magic, length = HEAD.unpack_from(data)
    if (service, magic) != (SERVICE_MAGIC, STATS_MAGIC):
        raise ValueError(f"{path} holds no statistics")
    for number, value in fields(data[HEAD.size : HEAD.size + length]):
        if number == STATS_DUMP and isinstance(value, bytes):
            return {FIELDS[n]: int(v) for n, v in fields(value) if n in FIELDS}
    raise ValueError(f"{path} holds no statistics of a dump")
