# SPDX-License-Identifier: GPL-2.0-only
#
# Sits at a terminal: an interactive shell with jobs in the background and stopped ones, an editor and
# a pager are driven as somebody would who looks at the prompt before he types. What they have done is
# in the files `result` and `edited`.

import fcntl
import os
import pty
import re
import select
import struct
import termios

PROMPT = b"<%d>"


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self):
        self.seen = b""
        self.count = 0
        child, self.master = pty.fork()
        if child == 0:
            os.environ["TERM"] = "vt100"
            os.environ["PS1"] = r"<\#>"
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        size = struct.pack("HHHH", 24, 80, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        self.prompt()

    def until(self, wanted):
        """Waits for what matches, and forgets it and all before."""
        while True:
            found = re.search(wanted, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return
            select.select([self.master], [], [])
            self.seen += os.read(self.master, 4096)

    def prompt(self):
        """Waits for the next prompt, each of which has a number of its own."""
        self.count += 1
        self.until(re.escape(PROMPT % self.count))

    def type(self, text):
        os.write(self.master, text)

    def run(self, command):
        self.type(command + b"\n")
        self.prompt()


def main():
    shell = Terminal()
    shell.run(b"mkfifo fifo; stty size >result")
    # Not tee, which tells what it has read before it stores it.
    shell.run(b"echo 'while read l; do echo $l >>result; echo $l; done' >copy")
    for turn in range(4):
        shell.run(b"(read line <fifo; echo job %d: $line >>result) &" % turn)
        # A program in the foreground is stopped, others run, the first goes on.
        shell.type(b"bash copy\n")
        shell.type(b"typed %d\n" % turn)
        shell.until(b"(typed %d\r\n){2}" % turn)
        shell.type(b"\x1a")
        shell.prompt()
        shell.run(b"jobs -s | wc -l >>result")
        shell.run(b"echo for job %d >fifo" % turn)
        shell.run(b"wait %1")
        shell.type(b"fg %bash\n")
        shell.until(rb"bash copy\r\n")
        shell.type(b"again %d\n" % turn)
        shell.until(b"(again %d\r\n){2}" % turn)
        shell.type(b"\x04")
        shell.prompt()
        # An interrupt reaches who is in the foreground.
        shell.type(b"bash -c 'echo u\"\"p; exec sleep 10000'\n")
        shell.until(rb"\r\nup\r\n")
        shell.type(b"\x03")
        shell.prompt()
        shell.run(b"echo interrupted $? >>result")
        shell.type(b"vim.tiny -u NONE -N -i NONE edited\n")
        shell.until(rb'"edited"')
        shell.type(b"GoI am line %d\x1b:wq\r" % turn)
        shell.prompt()
        shell.type(b"less -X edited\n")
        shell.until(rb"END")
        shell.type(b"q")
        shell.prompt()
    shell.type(b"exit\n")
    os.wait()


main()
