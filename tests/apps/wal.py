# SPDX-License-Identifier: GPL-2.0-only
"""A database of SQLite with a write-ahead log: a process that writes and one that reads, both of which
have the index of the log mapped as shared memory.

`busy`: both are at work all the time; whatever the reader sees is the work of whole transactions.
`held`: when READY is said, the reader holds an old snapshot and the writer an open transaction.
"""

import os
import sqlite3
import sys
import time

ITEMS = 40
TURNS = 400
ADDED = 100


def connect():
    base = sqlite3.connect("database", isolation_level=None, timeout=3600)
    # Small: the log is copied to the database again and again.
    base.execute("PRAGMA wal_autocheckpoint = 20")
    base.execute("SELECT count(*) FROM items").fetchone()
    check_mapped()
    return base


def check_mapped():
    with open("/proc/self/maps") as maps:
        assert any("database-shm" in line and " rw-s " in line for line in maps)


def seen(base):
    return base.execute("SELECT count(*), sum(amount), max(turn) FROM items").fetchone()


def write_busily(base):
    for turn in range(1, TURNS + 1):
        base.execute("BEGIN IMMEDIATE")
        base.execute("UPDATE items SET amount = amount - ? WHERE id = ?", (turn, turn % ITEMS))
        base.execute("UPDATE items SET amount = amount + ?, turn = ? WHERE id = ?",
                     (turn, turn, turn * 7 % ITEMS))
        base.execute("COMMIT")


def read_busily(base):
    last = 0
    while last < TURNS:
        count, total, turn = seen(base)
        assert (count, total) == (ITEMS, 0) and turn >= last, (count, total, turn, last)
        last = turn


def add(base, count):
    for _ in range(count):
        base.execute("INSERT INTO items (amount, turn) VALUES (1, 0)")


def read_held(base, held, committed):
    base.execute("BEGIN")
    assert seen(base) == (ITEMS, 0, 0)
    os.write(held, b"h")
    assert os.read(committed, 1) == b"c"
    # Of what was committed since, and written since, nothing.
    assert seen(base) == (ITEMS, 0, 0)
    base.execute("COMMIT")
    assert seen(base) == (ITEMS + 3 * ADDED, 3 * ADDED, 0), seen(base)


def write_held(base, held, committed):
    assert os.read(held, 1) == b"h"
    base.execute("BEGIN IMMEDIATE")
    add(base, 2 * ADDED)
    base.execute("COMMIT")
    base.execute("BEGIN IMMEDIATE")
    add(base, ADDED)
    with open("ready", "w"):
        pass
    while not os.path.exists("go"):
        assert seen(base) == (ITEMS + 3 * ADDED, 3 * ADDED, 0)
        time.sleep(0.01)
    base.execute("COMMIT")
    os.write(committed, b"c")


def main():
    base = sqlite3.connect("database", isolation_level=None)
    assert base.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    base.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, amount INTEGER, turn INTEGER)")
    base.executemany("INSERT INTO items VALUES (?, 0, 0)", ((i,) for i in range(ITEMS)))
    # A connection does not outlive a fork.
    base.close()
    held, committed = os.pipe(), os.pipe()
    reader = os.fork()
    base = connect()
    if sys.argv[1] == "busy":
        write_busily(base) if reader else read_busily(base)
    elif reader:
        write_held(base, held[0], committed[1])
    else:
        read_held(base, held[1], committed[0])
    check_mapped()
    if not reader:
        base.close()
        return
    status = os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])
    # All of the log can be copied: nobody holds a snapshot any more.
    moved = base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    sound = base.execute("PRAGMA integrity_check").fetchone()
    amounts = base.execute("SELECT id, amount, turn FROM items ORDER BY id").fetchall()
    base.close()
    with open("result", "w") as result:
        print(status, moved, sound, amounts, file=result)


main()
