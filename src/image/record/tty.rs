// SPDX-License-Identifier: GPL-2.0-only

//! Pseudo-terminals: both ends, and what is on its way through them.

use super::records;
use crate::flags::flag_set;

records! {
    /// Shared object: a pseudo-terminal. A STRING with the path that its master was opened by follows,
    /// then two TTY_END: the master and the slave. Of one whose master is outside ([`tty_mark::OUTER`])
    /// the STRING is empty, and a TTY_END with the modes of the slave follows.
    Tty: TTY, 32 {
        /// The object's id.
        objref: u32 = id,
        /// Its number: N of /dev/pts/N.
        index: u32,
        /// Place in TREE of the process whose session it controls, or
        /// [`OUTSIDE`](super::OUTSIDE) when it controls none.
        session: u32 = place,
        /// Place of the task or ghost by whose number its foreground process group goes; OUTSIDE when
        /// `session` is.
        foreground: u32 = place,
        /// Permissions of the slave, as in `st_mode`.
        mode: u32 = octal,
        /// Owner of the slave.
        uid: u32,
        /// Group of the slave.
        gid: u32,
        /// Bits of [`tty_mark`].
        marks: u32 = flags(tty_mark),
    } => [
        text("path of the master"),
        record(TTY_END) if marks.OUTER,
        record(TTY_END) if text,
        record(TTY_END) if text
    ]

    /// One end of the pseudo-terminal before it. A BUFFER follows, unless it would be empty: the bytes
    /// that have been received, a byte for each of these that is 1 when a line ends with it and else 0,
    /// echoes to be written, and the bytes that wait to be received.
    TtyEnd: TTY_END, 144 {
        /// Input, output, control and local modes, as in `struct termios2`.
        modes: [u32; 4] = mask,
        /// The line discipline, as far as it is only a number.
        line: u8,
        /// Control characters.
        control: [u8; 19],
        /// Input and output speed.
        speeds: [u32; 2],
        /// Bits of the same that cannot be changed (TIOCSLCKTRMIOS).
        locked_modes: [u32; 4] = mask,
        /// The same: the number.
        locked_line: u8,
        /// The same: control characters.
        locked_control: [u8; 19],
        /// The same: speeds, which nothing looks at.
        locked_speeds: [u32; 2],
        /// Rows, columns, and the size in pixels.
        size: [u16; 4],
        /// Bits of [`tty_flag`].
        flags: u32 = flags(tty_flag),
        /// What packet mode has to tell (TIOCPKT_*).
        packet_status: u32 = mask,
        /// Bytes that have been received and not been read.
        nr_bytes: u32 = count,
        /// How many of these make up whole lines; -1 when nothing is read by lines and it does not
        /// matter.
        lines: i32,
        /// How many of these may be read when nothing is read by lines.
        committed: u32 = bytes,
        /// Column of the cursor.
        column: u32,
        /// Column in which the line that is being typed begins.
        first_column: u32,
        /// Bytes of echoes.
        nr_echoes: u32 = count,
        /// How many of these may be written.
        echoes_committed: u32 = bytes,
        /// How many of these the next output writes.
        echoes_marked: u32 = bytes,
        /// Bytes that wait to be received.
        nr_waiting: u32 = count,
        /// How many of these have been searched for characters that stop or start the flow.
        looked_ahead: u32 = bytes,
    } => [buffer(u8: nr_bytes, nr_bytes, nr_echoes, nr_waiting) if nr_bytes | nr_echoes | nr_waiting]
}

flag_set! {
    /// Bits of [`Tty::marks`].
    tty_mark: u32 {
        /// Somebody outside of the tree has its master: whoever restarts gives a terminal in its place.
        OUTER = 0,
    }
}

flag_set! {
    /// Bits of [`TtyEnd::flags`].
    tty_flag: u32 {
        /// Nobody else may open it (TIOCEXCL).
        EXCLUSIVE = 0,
        /// The slave cannot be opened (TIOCSPTLCK). Of the master.
        LOCKED = 1,
        /// Whoever has had the other end has closed it. Of the master.
        OTHER_CLOSED = 2,
        /// Reading gives packets (TIOCPKT). Of the master.
        PACKETS = 3,
        /// Output has been stopped.
        STOPPED = 4,
        /// By tcflow(3).
        STOPPED_BY_CALL = 5,
        /// The next character is taken as it is.
        LITERAL_NEXT = 6,
        /// Characters are being erased, and echoed as that.
        ERASING = 7,
        /// What has been received before the mode was changed counts as a line.
        PUSHED = 8,
        /// Reading and writing fail: somebody has tried in vain to open it, or nobody has it open.
        FAILS = 9,
    }
}
