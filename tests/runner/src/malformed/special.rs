// SPDX-License-Identifier: GPL-2.0-only

//! Pipes, counters, timers and epoll sets that cannot be.

use ckpt_image::record::{
    file_kind,
    file_mark,
    pipe_flag,
    Cred,
    Epoll,
    EpollItems,
    EventFd,
    File,
    Inotify,
    InotifyEvent,
    InotifyWatch,
    Opener,
    Owner,
    PidFd,
    Pipe,
    PipePart,
    Proc,
    SignalFd,
    TimerFd,
    OUTSIDE, //
};

use super::row::{
    fields, fields_where, parts, payload_where, position, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

fn is_end(file: &File) -> bool {
    file.kind == file_kind::PIPE
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = pipes();
    rows.extend(others());
    rows
}

fn pipes() -> Vec<Row> {
    vec![
        fields::<Pipe>(
            "pipe",
            Refused,
            &[
                |pipe| pipe.objref = 0,
                |pipe| pipe.objref += 1,
                |pipe| pipe.size = 0,
                |pipe| pipe.size = 2048,
                |pipe| pipe.size += 1,
                |pipe| pipe.size = u32::MAX,
                |pipe| pipe.nr_parts = u32::MAX,
                |pipe| pipe.nr_parts += 1,
                |pipe| pipe.nr_parts -= 1,
                |pipe| pipe.flags = 1,
                |pipe| pipe.flags = u16::MAX,
                |pipe| pipe.mode = u16::MAX,
            ],
        ),
        fields_where::<File>(
            "fresh_pipe",
            Refused,
            |file| file.marks & file_mark::FRESH != 0,
            &[
                |file| file.marks &= !file_mark::FRESH,
                |file| file.kind = file_kind::EVENTFD,
                |file| file.kind = file_kind::TTY_SLAVE,
                |file| file.object = 0,
                |file| file.object -= 1,
                |file| file.object += 1,
                |file| file.object = u32::MAX,
                |file| file.objref += 1,
                |file| {
                    file.object += 1;
                    file.objref += 1;
                },
            ],
        ),
        fields_where::<File>(
            "pipe_that_is_not_fresh",
            Refused,
            |file| file.kind == file_kind::PIPE && file.marks & file_mark::FRESH == 0,
            &[|file| file.marks |= file_mark::FRESH],
        ),
        payload_where::<Pipe>(
            "fifo_path",
            Refused,
            |pipe| pipe.flags & pipe_flag::NAMED != 0,
            0,
            &[
                |path| path.clear(),
                |path| *path = b"fifo".to_vec(),
                |path| path.extend_from_slice(b"-is-not-there"),
                |path| *path = b"/dev/null".to_vec(),
                |path| path.push(0),
            ],
        ),
        // As far as root may have so large a pipe.
        fields::<Pipe>("large_pipe", Either, &[|pipe| pipe.size = 1 << 24]),
        fields::<PipePart>(
            "pipe_part",
            Refused,
            &[
                |part| part.len = 0,
                |part| part.len += 1,
                |part| part.len = 4097,
                |part| part.len = u32::MAX,
                |part| part.flags = u32::MAX,
            ],
        ),
        fields_where::<File>(
            "pipe_end",
            Refused,
            is_end,
            &[
                |file| file.object = 0,
                |file| file.object = 1,
                |file| file.object = file.objref,
                |file| file.object = u32::MAX,
                |file| file.kind = file_kind::REGULAR,
                |file| file.kind = file_kind::EVENTFD,
                |file| file.marks = u16::MAX,
            ],
        ),
        // Only what a memfd or shared memory was made with is that, and only one file.
        fields_where::<File>(
            "original_of_nothing",
            Refused,
            |file| file.kind == file_kind::PIPE || file.kind == file_kind::REGULAR,
            &[|file| file.marks |= file_mark::ORIGINAL],
        ),
        fields_where::<File>(
            "original",
            Refused,
            |file| file.marks & file_mark::ORIGINAL != 0,
            &[
                |file| file.flags &= !3,
                |file| file.flags |= 0o40_000,
                |file| file.object = 0,
            ],
        ),
        // A writer that is forgotten.
        fields_where::<File>(
            "quiet_end",
            Either,
            is_end,
            &[|file| file.marks = file_mark::QUIET],
        ),
        fields_where::<File>(
            "end_of_nothing",
            Refused,
            |file| file.kind == file_kind::EVENTFD,
            &[
                |file| file.object = 1,
                |file| file.kind = file_kind::PIPE,
                |file| file.marks = file_mark::QUIET,
            ],
        ),
    ]
}

fn others() -> Vec<Row> {
    vec![
        fields::<EventFd>(
            "eventfd",
            Refused,
            &[
                |eventfd| eventfd.count = u64::MAX,
                |eventfd| eventfd.flags = u32::MAX,
                |eventfd| eventfd.reserved = 1,
            ],
        ),
        fields::<TimerFd>(
            "timerfd",
            Refused,
            &[
                |timer| timer.clock = -1,
                |timer| timer.clock = 2,
                |timer| timer.clock = i32::MAX,
                |timer| timer.flags = u32::MAX,
                |timer| timer.value = -1,
                |timer| timer.interval = i64::MIN,
                |timer| timer.reserved = 1,
            ],
        ),
        fields::<TimerFd>(
            "far_timerfd",
            Either,
            &[
                |timer| timer.value = i64::MAX,
                |timer| timer.interval = i64::MAX,
                |timer| timer.interval = 1,
                |timer| timer.ticks = u64::MAX,
            ],
        ),
        fields::<SignalFd>("signalfd", Refused, &[|signals| signals.reserved = 1]),
        fields::<PidFd>(
            "pidfd",
            Refused,
            &[
                |pidfd| pidfd.place = 1,
                |pidfd| pidfd.place = u32::MAX,
                |pidfd| pidfd.flags = u32::MAX,
            ],
        ),
        fields::<Opener>(
            "opener",
            Refused,
            &[
                |opener| opener.cred = 0,
                |opener| opener.cred = 1 << 20,
                |opener| opener.cred = u32::MAX,
                |opener| opener.reserved = 1,
            ],
        ),
        parts("opener_of_stored_file", Refused, |good| {
            let Some(at) = position(good, |_: &Opener| true) else {
                return Vec::new();
            };
            let plain = [file_kind::REGULAR, file_kind::DIRECTORY, file_kind::CHARDEV];
            let wanted = plain.iter().chain(&[file_kind::PIPE, file_kind::EVENTFD]);
            let behind = |kind: u16| {
                (at..good.len()).find(|at| {
                    good[*at]
                        .get::<File>()
                        .is_some_and(|file| file.kind == kind)
                })
            };
            wanted
                .filter_map(|kind| behind(*kind))
                .map(|file| {
                    let mut parts = good.to_vec();
                    parts[file].change::<File>(|file| file.marks |= file_mark::OPENER);
                    // Behind the node and the path, if it has them.
                    let skip = match parts[file].get::<File>() {
                        Some(file) if file.marks & file_mark::NODE != 0 => 3,
                        _ => 1,
                    };
                    parts.insert(file + skip, good[at].clone());
                    parts
                })
                .collect()
        }),
        fields_where::<Cred>(
            "opener_credentials",
            Refused,
            |cred| cred.euid != cred.uid,
            &[
                |cred| cred.objref = 1,
                |cred| cred.uid = u32::MAX,
                |cred| cred.fsuid = u32::MAX,
                |cred| cred.fsgid = u32::MAX,
                |cred| cred.cap_permitted = u64::MAX,
                |cred| cred.cap_effective = u64::MAX,
                |cred| cred.cap_inheritable = u64::MAX,
                |cred| cred.cap_bset = u64::MAX,
                |cred| cred.cap_ambient = u64::MAX,
                |cred| cred.securebits = u32::MAX,
                |cred| cred.securebits = 1 << 12,
                |cred| cred.nr_groups = u32::MAX,
                |cred| cred.nr_groups = 65537,
                |cred| cred.userns = 1,
            ],
        ),
        fields::<Owner>(
            "owner",
            Refused,
            &[
                |owner| owner.kind = 3,
                |owner| owner.kind = u32::MAX,
                |owner| owner.place = 1,
                |owner| owner.place = u32::MAX - 1,
                |owner| owner.uid = u32::MAX,
                |owner| owner.euid = u32::MAX,
                |owner| owner.signal = 65,
                |owner| owner.signal = u32::MAX,
                |owner| owner.fd = -1,
                |owner| owner.flags |= 1,
                |owner| owner.flags = u32::MAX,
                |owner| owner.reserved = 1,
            ],
        ),
        fields_where::<Proc>(
            "proc",
            Refused,
            |proc| proc.process != OUTSIDE,
            &[
                |proc| proc.process = 1,
                |proc| proc.process = u32::MAX - 1,
                |proc| proc.thread = 1,
                |proc| proc.thread = u32::MAX - 1,
                |proc| proc.prefix += 1,
                |proc| proc.prefix = u32::MAX,
                |proc| proc.rest += 1,
                |proc| proc.rest = 0,
                |proc| proc.rest = u32::MAX,
            ],
        ),
        fields_where::<Proc>(
            "proc_of_nobody",
            Refused,
            |proc| proc.process == OUTSIDE,
            &[
                |proc| proc.process = 0,
                |proc| proc.process = 1,
                |proc| proc.thread = 0,
                |proc| proc.thread = 1,
                |proc| proc.prefix = 1,
                |proc| proc.rest = 1,
                |proc| proc.rest = u32::MAX,
            ],
        ),
        payload_where::<File>(
            "proc_path",
            Refused,
            |file| file.kind == file_kind::PROC,
            1,
            &[
                |path| path.clear(),
                |path| *path = b"/proc/1/../../tmp".to_vec(),
                |path| *path = b"/dev/null/comm".to_vec(),
                |path| path[0] = 0xff,
            ],
        ),
        fields::<Inotify>(
            "inotify",
            Refused,
            &[
                |inotify| inotify.nr_watches = 0,
                |inotify| inotify.nr_watches += 1,
                |inotify| inotify.nr_watches = u32::MAX,
                |inotify| inotify.nr_events = 0,
                |inotify| inotify.nr_events += 1,
                |inotify| inotify.nr_events = u32::MAX,
                |inotify| inotify.next = u32::MAX,
                |inotify| inotify.reserved = 1,
            ],
        ),
        fields::<InotifyWatch>(
            "inotify_watch",
            Refused,
            &[
                |watch| watch.wd = 0,
                |watch| watch.wd = -1,
                |watch| watch.wd = i32::MIN,
                |watch| watch.mask |= 0x1000,
                |watch| watch.mask = u32::MAX,
            ],
        ),
        payload_where::<InotifyWatch>(
            "inotify_path",
            Refused,
            |_| true,
            0,
            &[
                |path| path.clear(),
                |path| path.push(0),
                |path| *path = b"relative".to_vec(),
                |path| path.extend_from_slice(b"-is-not-there"),
            ],
        ),
        fields::<InotifyEvent>(
            "inotify_event",
            Refused,
            &[
                |event| event.wd = 0,
                |event| event.wd = -1,
                |event| event.mask |= 0x4000,
                |event| event.mask = u32::MAX,
                |event| event.reserved = 1,
            ],
        ),
        payload_where::<InotifyEvent>(
            "inotify_name",
            Refused,
            |_| true,
            0,
            &[
                |name| name.push(0),
                |name| name.resize(256, b'x'),
                |name| name.resize(4095, b'x'),
            ],
        ),
        fields::<InotifyWatch>(
            "far_inotify_watch",
            Either,
            &[|watch| watch.wd = i32::MAX, |watch| watch.mask = 0],
        ),
        fields::<SignalFd>("any_signalfd", Either, &[|signals| signals.signals = !0]),
        fields::<Epoll>(
            "epoll",
            Refused,
            &[
                |epoll| epoll.busy_poll_usecs = 1 << 31,
                |epoll| epoll.prefer_busy_poll = 2,
            ],
        ),
        fields::<EpollItems>(
            "epoll_items",
            Refused,
            &[
                |items| items.nr_items = 0,
                |items| items.nr_items += 1,
                |items| items.nr_items = u32::MAX,
                |items| items.set = 0,
                |items| items.set -= 1,
                |items| items.set = u32::MAX,
            ],
        ),
        parts("epoll_in_itself", Refused, |good| {
            let set = position::<EpollItems>(good, |_| true)
                .and_then(|at| Some((at + 1, good[at].get::<EpollItems>()?.set)));
            let itself = set.map(|(at, set)| {
                let mut parts = good.to_vec();
                // The first item of the BUFFER, behind its length.
                put(&mut parts[at].body, 8, set.to_ne_bytes());
                parts
            });
            itself.into_iter().collect()
        }),
        parts("epoll_filled_twice", Refused, |good| {
            let items = position::<EpollItems>(good, |_| true).map(|at| {
                let mut parts = good.to_vec();
                let again = parts[at..at + 2].to_vec();
                parts.splice(at..at, again);
                parts
            });
            items.into_iter().collect()
        }),
        // Behind the length: file, fd, events, flags of the first item; a regular file is none to wait
        // for, and one pair of file and number is not there twice.
        payload_where::<EpollItems>(
            "epoll_item",
            Refused,
            |_| true,
            0,
            &[
                |items| put(items, 0, 0u32.to_ne_bytes()),
                |items| put(items, 0, 1u32.to_ne_bytes()),
                |items| put(items, 0, u32::MAX.to_ne_bytes()),
                |items| put(items, 4, (-1i32).to_ne_bytes()),
                |items| put(items, 12, u32::MAX.to_ne_bytes()),
                |items| {
                    let (first, second) = items.split_at_mut(24);
                    second[..24].copy_from_slice(&first[..24]);
                },
            ],
        ),
    ]
}
