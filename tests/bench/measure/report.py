# SPDX-License-Identifier: GPL-2.0-only
def show(r): 
    import json
    from .results import summarise
    for row in r.rows:
        print(row.subject.name, row.resident, row.limits)
        for e, s in row.engines.items():
            for x in s: print("  ", e, x)
