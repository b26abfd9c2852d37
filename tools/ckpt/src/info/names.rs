// SPDX-License-Identifier: GPL-2.0-only

//! Names for the numbers in an image.

use std::borrow::Cow;

use ckpt_image::{
    describe,
    record::{
        contents_kind,
        file_kind,
        lock_kind,
        owner_kind,
        restart,
        seccomp_mode,
        task_state,
        vma_flag,
        vma_kind, //
    },
    Kind, //
};

use crate::failure::signal_name;

/// Names of what is in a set.
pub type Names = Vec<Cow<'static, str>>;

/// The names of the bits that are set; `known` is one of the lists of the image crate.
pub fn bits<T: Copy + Into<u64>>(value: u64, known: &[(T, &'static str)]) -> Names {
    known
        .iter()
        .filter(|(bit, _)| value & (*bit).into() != 0)
        .map(|(_, name)| Cow::from(*name))
        .collect()
}

/// The state components of x86, numbered as in XCR0.
const XFEATURES: [&str; 20] = [
    "x87",
    "SSE",
    "AVX",
    "MPX bounds",
    "MPX status",
    "AVX-512 opmask",
    "AVX-512 ZMM low",
    "AVX-512 ZMM high",
    "PT",
    "PKU",
    "PASID",
    "CET user",
    "CET kernel",
    "HDC",
    "UINTR",
    "LBR",
    "HWP",
    "AMX tile configuration",
    "AMX tile data",
    "APX",
];

/// The name of a state component.
pub fn xfeature(number: u32) -> String {
    match XFEATURES.get(number as usize) {
        Some(name) => (*name).to_owned(),
        None => format!("component {number}"),
    }
}

/// The names of the state components in a mask.
pub fn xfeatures(mask: u64) -> Names {
    (0..64)
        .filter(|bit| mask >> bit & 1 == 1)
        .map(|bit| xfeature(bit).into())
        .collect()
}

/// The signals in a mask, signal 1 in bit 0.
pub fn signals(mask: u64) -> Names {
    (0..64)
        .filter(|bit| mask >> bit & 1 == 1)
        .map(|bit| signal_name(bit + 1).into())
        .collect()
}

/// The processors in a mask, as ranges: `0-3,8`.
pub fn processors(mask: &[u8]) -> String {
    let is_in = |n: &usize| mask.get(n / 8).is_some_and(|byte| byte >> (n % 8) & 1 == 1);
    let mut text = String::new();
    let mut numbers = (0..mask.len() * 8).filter(is_in).peekable();
    while let Some(first) = numbers.next() {
        let mut last = first;
        while let Some(next) = numbers.next_if_eq(&(last + 1)) {
            last = next;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text += &first.to_string();
        if last > first {
            text += &format!("-{last}");
        }
    }
    text
}

/// What the declaration calls a value: for those that have no other name here.
fn set_name(set: &describe::Set, value: u64) -> &'static str {
    set.name_of(value).unwrap_or("unknown")
}

/// A kind of record.
pub fn kind(number: u64) -> String {
    match u32::try_from(number).map(|number| Kind(number).name()) {
        Ok("?") | Err(_) => number.to_string(),
        Ok(name) => name.to_owned(),
    }
}

/// The state of a task.
pub fn state(state: u32) -> &'static str {
    match state {
        task_state::RUNNING => "running",
        task_state::STOPPED => "stopped",
        task_state::ZOMBIE => "zombie",
        _ => set_name(&task_state::SET, state.into()),
    }
}

/// The kind of an open file.
pub fn file(kind: u16) -> &'static str {
    match kind {
        file_kind::REGULAR => "regular",
        file_kind::DIRECTORY => "directory",
        file_kind::CHARDEV => "chardev",
        file_kind::EXTERNAL => "external",
        file_kind::CKPT => "ckpt",
        file_kind::EVENTFD => "eventfd",
        file_kind::PIPE => "pipe",
        file_kind::TIMERFD => "timerfd",
        file_kind::SIGNALFD => "signalfd",
        file_kind::EPOLL => "epoll",
        file_kind::PIDFD => "pidfd",
        file_kind::CONTENTS => "contents",
        file_kind::TTY_MASTER => "master",
        file_kind::TTY_SLAVE => "terminal",
        file_kind::INOTIFY => "inotify",
        file_kind::PROC => "proc",
        file_kind::PATH => "path",
        _ => set_name(&file_kind::SET, kind.into()),
    }
}

/// The owner for signals of a file.
pub fn owner(kind: u32) -> &'static str {
    match kind {
        owner_kind::THREAD => "thread",
        owner_kind::PROCESS => "process",
        owner_kind::GROUP => "group",
        _ => set_name(&owner_kind::SET, kind.into()),
    }
}

/// What contents are those of.
pub fn contents(kind: u32) -> &'static str {
    match kind {
        contents_kind::DELETED => "deleted file",
        contents_kind::MEMFD => "memfd",
        contents_kind::MEMORY => "shared memory",
        contents_kind::DIRECTORY => "deleted directory",
        _ => set_name(&contents_kind::SET, kind.into()),
    }
}

/// Seals of a memfd, by name (include/uapi/linux/fcntl.h).
pub fn seals(bits: u64) -> Names {
    const NAMES: [&str; 6] = ["seal", "shrink", "grow", "write", "future-write", "exec"];
    let named = NAMES.iter().enumerate();
    named
        .filter(|(bit, _)| bits & 1 << bit != 0)
        .map(|(_, name)| Cow::from(*name))
        .collect()
}

/// A clock (include/uapi/linux/time.h).
pub fn clock(number: i32) -> &'static str {
    match number {
        0 => "realtime",
        1 => "monotonic",
        7 => "boottime",
        8 => "realtime-alarm",
        9 => "boottime-alarm",
        11 => "tai",
        _ => "unknown",
    }
}

/// The kind of a lock.
pub fn lock(kind: u32) -> &'static str {
    match kind {
        lock_kind::POSIX => "posix",
        lock_kind::OFD => "ofd",
        lock_kind::FLOCK => "flock",
        lock_kind::LEASE => "lease",
        _ => set_name(&lock_kind::SET, kind.into()),
    }
}

/// The kind of a mapping.
pub fn vma(kind: u32) -> &'static str {
    match kind {
        vma_kind::VDSO => "vdso",
        vma_kind::ANON => "anonymous",
        vma_kind::FILE => "file",
        _ => set_name(&vma_kind::SET, kind.into()),
    }
}

/// What an interrupted system call was.
pub fn restart(kind: u32) -> &'static str {
    match kind {
        restart::NONE => "none",
        restart::NANOSLEEP => "nanosleep",
        restart::POLL => "poll",
        restart::FUTEX => "futex",
        _ => set_name(&restart::SET, kind.into()),
    }
}

/// How seccomp confines a task.
pub fn seccomp(mode: u32) -> &'static str {
    match mode {
        seccomp_mode::STRICT => "strict",
        seccomp_mode::FILTER => "filter",
        _ => set_name(&seccomp_mode::SET, mode.into()),
    }
}

/// An architecture.
pub fn arch(arch: u32) -> &'static str {
    match arch {
        ckpt_image::ARCH_X86_64 => "x86_64",
        _ => "unknown",
    }
}

/// Permissions of a mapping as in `/proc/PID/maps`.
pub fn permissions(flags: u64) -> String {
    let letter = |bit, letter| if flags & bit != 0 { letter } else { '-' };
    [
        letter(vma_flag::READ, 'r'),
        letter(vma_flag::WRITE, 'w'),
        letter(vma_flag::EXEC, 'x'),
        if flags & vma_flag::SHARED != 0 {
            's'
        } else {
            'p'
        },
    ]
    .iter()
    .collect()
}

/// The O_* flags of an open file.
pub fn open_flags(flags: u64) -> Names {
    let flags = flags as i32;
    let access = match flags & libc::O_ACCMODE {
        libc::O_RDONLY => "O_RDONLY",
        libc::O_WRONLY => "O_WRONLY",
        libc::O_RDWR => "O_RDWR",
        _ => "O_ACCMODE",
    };
    // O_SYNC holds O_DSYNC, and O_TMPFILE O_DIRECTORY: the longer ones come first. O_LARGEFILE is
    // 0 in libc, but not in the kernel.
    let known = [
        (libc::O_APPEND, "O_APPEND"),
        (libc::O_NONBLOCK, "O_NONBLOCK"),
        (libc::O_SYNC, "O_SYNC"),
        (libc::O_DSYNC, "O_DSYNC"),
        (libc::O_ASYNC, "O_ASYNC"),
        (libc::O_DIRECT, "O_DIRECT"),
        (0o100_000, "O_LARGEFILE"),
        (libc::O_TMPFILE, "O_TMPFILE"),
        (libc::O_DIRECTORY, "O_DIRECTORY"),
        (libc::O_NOFOLLOW, "O_NOFOLLOW"),
        (libc::O_NOATIME, "O_NOATIME"),
        (libc::O_PATH, "O_PATH"),
    ];
    let mut left = flags & !libc::O_ACCMODE;
    let mut names: Names = vec![access.into()];
    for (bits, name) in known {
        if left & bits == bits {
            names.push(name.into());
            left &= !bits;
        }
    }
    if left != 0 {
        names.push(format!("{left:#o}").into());
    }
    names
}

/// The time `seconds` and `nanoseconds` after 1970 in UTC.
pub fn time(seconds: i64, nanoseconds: u32) -> String {
    // Four digits of year, and no panic whatever the image says.
    const LAST: i64 = 253_402_300_799;
    let Ok(since) = u64::try_from(seconds.min(LAST)) else {
        return format!("{seconds} s before 1970");
    };
    let since = std::time::Duration::new(since, nanoseconds.min(999_999_999));
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + since).to_string()
}

/// The text of a time since the beginning of a clock, in nanoseconds: seconds to the millisecond.
pub fn span(nanoseconds: i64) -> String {
    let milliseconds = nanoseconds / 1_000_000;
    format!(
        "{}.{:03} s",
        milliseconds / 1000,
        milliseconds.rem_euclid(1000)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_any_value_have_a_text() {
        assert_eq!(time(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(1_700_000_000, 123_456_789), "2023-11-14T22:13:20.123Z");
        assert!(time(i64::MAX, u32::MAX).starts_with("9999-12-31"));
        assert_eq!(time(-5, 0), "-5 s before 1970");
    }

    #[test]
    fn spans_are_seconds() {
        assert_eq!(span(0), "0.000 s");
        assert_eq!(span(86_400_012_999_999), "86400.012 s");
    }

    #[test]
    fn open_flags_have_their_names() {
        assert_eq!(open_flags(0o2001), ["O_WRONLY", "O_APPEND"]);
        let sync = (libc::O_SYNC | libc::O_RDWR) as u64;
        assert_eq!(open_flags(sync), ["O_RDWR", "O_SYNC"]);
        assert_eq!(open_flags(1 << 30), ["O_RDONLY", "0o10000000000"]);
    }

    #[test]
    fn processors_are_ranges() {
        assert_eq!(processors(&[0b1000_0111, 0b101]), "0-2,7-8,10");
        assert_eq!(processors(&[0]), "");
    }

    #[test]
    fn state_components_have_names() {
        assert_eq!(xfeatures(0b10_0000_0111), ["x87", "SSE", "AVX", "PKU"]);
        assert_eq!(xfeatures(1 << 40), ["component 40"]);
    }
}
