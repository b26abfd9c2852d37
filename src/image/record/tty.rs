// SPDX-License-Identifier: GPL-2.0-only

//! Pseudo-terminals: both ends, and what is on its way through them.

use super::records;
use crate::flags::flag_set;

records! {
    /// Shared object: a pseudo-terminal. A STRING with the path that its master was opened by follows,
    /// then two TTY_END: the master and the slave. Of one whose master is outside ([`tty_mark::OUTER`])
    /// the STRING is empty, and a TTY_END with the modes of the slave follows.
    Tty: TTY, 40 {
        /// Id of the object.
        objref: u32 = id,
        /// Its number: N of /dev/pts/N.
        ///
        /// < 65,536; not in use (EBUSY), unless it is OUTER
        index: u32,
        /// Place of the process whose session it controls; OUTSIDE: none.
        ///
        /// a live task that leads one
        session: u32 = place,
        /// Place of the task or ghost by whose number the foreground process group goes;
        /// OUTSIDE: none.
        ///
        /// a group with members in `session`
        foreground: u32 = place,
        /// Permissions of the slave.
        ///
        /// ≤ 07777
        mode: u32 = octal,
        /// Its owner.
        ///
        /// what chown(2) allows
        uid: u32,
        /// Its group.
        ///
        /// what chown(2) allows
        gid: u32,
        /// Bits of `tty_mark`.
        marks: u32 = flags(tty_mark),
        /// The mount that the path is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        mount: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    } => [
        text("path"),
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
        /// Number of a line discipline, which nothing looks at.
        line: u8,
        /// Control characters.
        control: [u8; 19],
        /// Input and output speed.
        speeds: [u32; 2],
        /// Bits of the modes that cannot be changed.
        locked_modes: [u32; 4] = mask,
        /// The same for the number.
        locked_line: u8,
        /// The same for the characters.
        locked_control: [u8; 19],
        /// Which nothing looks at.
        locked_speeds: [u32; 2],
        /// Rows, columns, width and height in pixels.
        size: [u16; 4],
        /// Bits of `tty_flag`.
        ///
        /// no unknown bit; those of a master with a master only
        flags: u32 = flags(tty_flag),
        /// What the other end, in packet mode, has to tell: TIOCPKT_*.
        ///
        /// ≤ 255
        packet_status: u32 = mask,
        /// Bytes that have been received and not been read.
        ///
        /// ≤ 4096
        nr_bytes: u32 = count(TTY_BUFFER),
        /// How many of them make up whole lines; −1: nothing looks at it.
        ///
        /// −1 to `nr_bytes`; not −1 for a slave with ICANON and without EXTPROC
        lines: i32,
        /// How many of them may be read when nothing is read by lines.
        ///
        /// ≤ `nr_bytes`
        committed: u32 = bytes,
        /// Column of the cursor.
        column: u32,
        /// Column in which the line begins that is being typed.
        first_column: u32,
        /// Bytes of echoes.
        ///
        /// < 4096
        nr_echoes: u32 = count(TTY_BUFFER),
        /// How many of them may be written.
        ///
        /// ≤ `nr_echoes`
        echoes_committed: u32 = bytes,
        /// How many of them the next output writes.
        ///
        /// ≤ `nr_echoes`
        echoes_marked: u32 = bytes,
        /// Bytes that wait.
        ///
        /// ≤ 20,480
        nr_waiting: u32 = count(TTY_WAITING),
        /// How many of them have been searched for characters that stop or start the flow.
        ///
        /// ≤ `nr_waiting`
        looked_ahead: u32 = bytes,
    } => [buffer("bytes": u8: nr_bytes, nr_bytes, nr_echoes, nr_waiting) if nr_bytes | nr_echoes | nr_waiting]
}

flag_set! {
    /// Bits of [`Tty::marks`].
    tty_mark: u32 {
        /// Its master is outside of the tree: the terminal that the restarter gives (CKPT_INHERIT_TERMINAL)
        /// takes its place; without one, each of its descriptors has to be given (else ENOTTY). The given
        /// terminal gets the modes, except those that are locked there. With a `session` it must not
        /// control another one (EPERM), and the group in the foreground gets SIGWINCH.
        OUTER = 0,
    }
}

flag_set! {
    /// Bits of [`TtyEnd::flags`].
    tty_flag: u32 {
        /// No other process may open it (TIOCEXCL).
        EXCLUSIVE = 0,
        /// The slave cannot be opened (TIOCSPTLCK); of the master.
        LOCKED = 1,
        /// The slave has been closed by all that had it; of the master.
        OTHER_CLOSED = 2,
        /// Packet mode (TIOCPKT); of the master.
        PACKETS = 3,
        /// Output is stopped.
        STOPPED = 4,
        /// Output was stopped by TCXONC.
        STOPPED_BY_CALL = 5,
        /// The next character is taken as it is (VLNEXT).
        LITERAL_NEXT = 6,
        /// Characters are being erased (ECHOPRT).
        ERASING = 7,
        /// What was received before the mode was changed counts as a line.
        PUSHED = 8,
        /// Reading and writing fail: an attempt to open it has failed, or no process has it open.
        FAILS = 9,
    }
}
