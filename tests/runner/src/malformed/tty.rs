// SPDX-License-Identifier: GPL-2.0-only

//! Terminals that cannot be.

use ckpt_image::record::{
    file_kind,
    File,
    FileNode,
    Signal,
    Tty,
    TtyEnd, //
};

use super::row::{
    fields, fields_behind, fields_where, payload_where, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

/// A master has no modes of its own.
fn is_slave(end: &TtyEnd) -> bool {
    end.modes[3] != 0
}

fn is_master(end: &TtyEnd) -> bool {
    !is_slave(end)
}

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        fields::<Tty>(
            "tty",
            Refused,
            &[
                |tty| tty.objref = 0,
                |tty| tty.objref += 1,
                |tty| tty.index = 65_536,
                |tty| tty.index = u32::MAX,
                |tty| tty.mode = 0o20_620,
                |tty| tty.mode = u32::MAX,
                |tty| tty.uid = u32::MAX,
                |tty| tty.gid = u32::MAX,
                |tty| tty.marks = 1,
                |tty| tty.marks = 2,
            ],
        ),
        // The task leads no session, and is in no group of one.
        fields::<Tty>(
            "tty_session",
            Refused,
            &[
                |tty| (tty.session, tty.foreground) = (0, 0),
                |tty| tty.session = 0,
                |tty| tty.session = 1,
                |tty| tty.session = u32::MAX - 1,
                |tty| tty.foreground = 0,
            ],
        )
        .coordinated(),
        fields::<Tty>(
            "other_tty",
            Either,
            &[
                |tty| tty.index = 0,
                |tty| tty.index = 500,
                |tty| tty.index = 65_535,
                |tty| tty.uid = 1,
                |tty| tty.gid = 1,
                |tty| tty.mode = 0,
            ],
        ),
        fields::<TtyEnd>(
            "tty_end",
            Refused,
            &[
                |end| end.flags = u32::MAX,
                |end| end.packet_status = 256,
                |end| end.nr_bytes += 1,
                |end| end.nr_bytes -= 1,
                |end| end.nr_bytes = 4097,
                |end| end.nr_bytes = u32::MAX,
                |end| end.lines = end.nr_bytes as i32 + 1,
                |end| end.lines = -2,
                |end| end.lines = i32::MIN,
                |end| end.lines = i32::MAX,
                |end| end.committed = end.nr_bytes + 1,
                |end| end.committed = u32::MAX,
                |end| end.nr_echoes += 1,
                |end| end.nr_echoes = 4096,
                |end| end.nr_echoes = u32::MAX,
                |end| end.echoes_committed = end.nr_echoes + 1,
                |end| end.echoes_marked = u32::MAX,
                |end| end.nr_waiting += 1,
                |end| end.nr_waiting = 20_481,
                |end| end.nr_waiting = u32::MAX,
                |end| end.looked_ahead = end.nr_waiting + 1,
                |end| end.looked_ahead = u32::MAX,
            ],
        ),
        fields_where::<TtyEnd>(
            "tty_slave",
            Refused,
            is_slave,
            &[
                |end| end.lines = -1,
                |end| end.lines = 0,
                |end| end.lines = 4,
                |end| end.flags |= 1 << 1,
                |end| end.flags |= 1 << 2,
                |end| end.flags |= 1 << 3,
            ],
        ),
        // What any program may do to its own terminal.
        fields::<TtyEnd>(
            "odd_tty",
            Either,
            &[
                |end| end.modes = [u32::MAX; 4],
                |end| end.modes = [0; 4],
                |end| end.control = [0xff; 19],
                |end| end.speeds = [u32::MAX; 2],
                |end| end.line = 0xff,
                |end| end.locked_modes = [u32::MAX; 4],
                |end| end.size = [u16::MAX; 4],
                |end| end.packet_status = 255,
                |end| end.column = u32::MAX,
                |end| end.first_column = u32::MAX,
                |end| end.flags |= 0b11_1111_0001,
            ],
        ),
        fields_where::<TtyEnd>(
            "odd_master",
            Either,
            is_master,
            &[
                |end| end.flags |= 0b11_1111_1111,
                |end| end.lines = 0,
                |end| end.lines = end.nr_bytes as i32,
                |end| end.committed = 0,
            ],
        ),
        // Behind the length: the bytes, then what tells whether a line ends there.
        payload_where::<TtyEnd>(
            "tty_line_end",
            Refused,
            is_slave,
            0,
            &[
                |bytes| bytes[9] = 2,
                |bytes| bytes[9] = 0xff,
                |bytes| bytes[9 + 8] = 1,
            ],
        ),
        fields::<Signal>(
            "controlling_tty",
            Refused,
            &[
                |signal| signal.tty_object = 1,
                |signal| signal.tty_object = u32::MAX,
                |signal| {
                    signal.tty_old_group = 1;
                    signal.tty_old_place = 1;
                },
                |signal| {
                    signal.tty_old_group = 1;
                    signal.tty_old_place = u32::MAX - 1;
                },
            ],
        )
        .coordinated(),
        fields_where::<File>(
            "tty_file",
            Refused,
            |file| file.kind == file_kind::TTY_MASTER,
            &[
                |file| file.object = 0,
                |file| file.object = 1,
                |file| file.object = u32::MAX,
                |file| file.flags &= !0o3,
                |file| file.kind = file_kind::PIPE,
            ],
        ),
        fields_behind::<File, FileNode>(
            "tty_node",
            Refused,
            |file| file.kind == file_kind::TTY_MASTER,
            1,
            &[|node| node.mode = 0o100_644],
        ),
        fields_where::<File>(
            "tty_slave_file",
            Refused,
            |file| file.kind == file_kind::TTY_SLAVE,
            &[
                |file| file.object = 0,
                |file| file.object = 1,
                // There is one master.
                |file| file.kind = file_kind::TTY_MASTER,
            ],
        ),
        fields_behind::<File, FileNode>(
            "tty_slave_node",
            Refused,
            |file| file.kind == file_kind::TTY_SLAVE,
            1,
            &[
                |node| node.mode = 0o100_644,
                // That of no session that the task is in.
                |node| (node.rdev_major, node.rdev_minor) = (5, 0),
            ],
        ),
    ]
}
