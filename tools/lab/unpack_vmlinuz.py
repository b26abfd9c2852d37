#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Cuts the compressed kernel out of a bzImage: unpack_vmlinuz.py VMLINUZ PAYLOAD.

The name of the compression goes into PAYLOAD.type.  The place of the payload is told by the
setup header (Documentation/arch/x86/boot.rst of the kernel: payload_offset, payload_length).
"""

import struct
import sys

MAGICS = {b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"\x1f\x8b": "gzip"}


def main() -> int:
    image = open(sys.argv[1], "rb").read()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"{sys.argv[1]}: not a bzImage")
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start : start + length]
    for magic, name in MAGICS.items():
        if payload.startswith(magic):
            break
    else:
        sys.exit(f"{sys.argv[1]}: unknown compression {payload[:6].hex()}")
    if name != "gzip":
        payload = payload[:-4]  # the unpacked size, added by the kernel's build
    with open(sys.argv[2], "wb") as out:
        out.write(payload)
    with open(sys.argv[2] + ".type", "w") as out:
        out.write(name + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
