# SPDX-License-Identifier: GPL-2.0-only
"""A transaction of SQLite that is open when the process is saved, and committed afterwards.

Says READY within the transaction, adds rows until GO, commits and checks the database.
"""

import os
import sqlite3
import time

ROWS = 3000


def main():
    base = sqlite3.connect("database", isolation_level=None)
    base.execute("PRAGMA journal_mode = DELETE")
    base.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, square INTEGER, text TEXT)")
    base.execute("CREATE INDEX by_text ON items (text)")
    base.execute("INSERT INTO items VALUES (0, 0, 'committed before')")
    # A small cache: part of the transaction is in the file, and in the journal.
    base.execute("PRAGMA cache_size = 10")
    base.execute("BEGIN IMMEDIATE")
    for number in range(1, ROWS + 1):
        base.execute("INSERT INTO items VALUES (?, ?, ?)", (number, number * number, "row %x" % number))
    with open("ready", "w"):
        pass
    # Reading within the transaction, so that it is in use all the time.
    while not os.path.exists("go"):
        count = base.execute("SELECT count(*) FROM items WHERE text LIKE 'row %'").fetchone()[0]
        assert count == ROWS, count
        time.sleep(0.01)
    base.execute("UPDATE items SET text = text || '!' WHERE id % 10 = 5")
    base.execute("COMMIT")
    check = base.execute("PRAGMA integrity_check").fetchone()[0]
    total = base.execute("SELECT count(*), sum(square), count(DISTINCT text) FROM items").fetchone()
    changed = base.execute("SELECT count(*) FROM items WHERE text LIKE '%!'").fetchone()[0]
    base.close()
    with open("result", "w") as result:
        result.write("%s %r %d\n" % (check, total, changed))


main()
