# SPDX-License-Identifier: GPL-2.0-only
"""Compares the options of prctl(2) that a kernel's header knows with those that a document tells of.

usage: check_prctl.py HEADER DOCUMENT
"""

import re
import sys

# The values that options take are indented behind the "#", but for these.
VALUES = {"PR_CFI_BRANCH_LANDING_PADS", "PR_CFI_ENABLE", "PR_CFI_DISABLE", "PR_CFI_LOCK"}


def of_header(path):
    """Options by number, as the kernel defines them."""
    options = {}
    with open(path, encoding="utf-8") as header:
        for line in header:
            found = re.match(r"#define\s+(PR_\w+)\s+(0x[0-9a-fA-F]+|\d+)\b", line)
            if found and found[1] not in VALUES:
                options[int(found[2], 0)] = found[1]
    return options


def of_document(path):
    """The same, as rows of a table: number, option, what becomes of it."""
    options = {}
    with open(path, encoding="utf-8") as document:
        for line in document:
            found = re.match(r"\| (0x[0-9a-f]+|\d+) \| (PR_\w+) \| \S", line)
            if found:
                options[int(found[1], 0)] = found[2]
    return options


def main():
    """Prints each difference; fails when there is one."""
    known, told = of_header(sys.argv[1]), of_document(sys.argv[2])
    differences = sorted(set(known.items()) ^ set(told.items()))
    for number, name in differences:
        where = "not in the document" if known.get(number) == name else "not in the kernel"
        print(f"prctl(2) option {number}, {name}: {where}")
    if not known:
        sys.exit(f"{sys.argv[1]}: no options at all")
    sys.exit(1 if differences else 0)


main()
