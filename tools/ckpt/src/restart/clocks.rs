// SPDX-License-Identifier: GPL-2.0-only

//! The clocks of a restarted program: a time namespace in which CLOCK_MONOTONIC and CLOCK_BOOTTIME
//! go on from where they were at the checkpoint.
//!
//! The offsets of a namespace are set before it has its first member, and cannot be changed later. So the
//! time from then until the end of the restart counts as elapsed.

use std::{
    fs::File,
    io::{
        self,
        Read,
        Write, //
    },
    time::Duration,
};

use nix::{
    sched::{
        setns,
        unshare,
        CloneFlags, //
    },
    time::{
        clock_gettime,
        ClockId, //
    },
};

/// What the two clocks tell that begin with the machine, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// CLOCK_MONOTONIC.
    pub monotonic: i64,
    /// CLOCK_BOOTTIME.
    pub boottime: i64,
}

/// As long as this lives, processes that this one makes are born in the new namespace.
#[derive(Debug)]
pub struct Namespace {
    /// The namespace of this process, unless the process was born in the new one.
    own: Option<File>,
}

const OWN: &str = "/proc/self/ns/time";
const OFFSETS: &str = "/proc/self/timens_offsets";

fn flag() -> CloneFlags {
    CloneFlags::from_bits_retain(libc::CLONE_NEWTIME)
}

impl Clocks {
    /// What they tell this command.
    fn now() -> io::Result<Clocks> {
        let read = |clock| -> io::Result<i64> {
            let time = clock_gettime(clock)?;
            Ok(time
                .tv_sec()
                .saturating_mul(SECOND)
                .saturating_add(time.tv_nsec()))
        };
        Ok(Clocks {
            monotonic: read(ClockId::CLOCK_MONOTONIC)?,
            boottime: read(ClockId::CLOCK_BOOTTIME)?,
        })
    }

    /// How far CLOCK_BOOTTIME of this command is ahead of these; nothing when it is behind.
    pub fn jump(&self) -> Option<Duration> {
        let ahead = Clocks::now().ok()?.boottime.checked_sub(self.boottime)?;
        u64::try_from(ahead).ok().map(Duration::from_nanos)
    }
}

impl Namespace {
    /// Makes a namespace in which the clocks go on from these.
    ///
    /// # Errors
    ///
    /// `EPERM` without CAP_SYS_ADMIN and CAP_SYS_TIME, `ENOENT` or `EINVAL` when the kernel has no time
    /// namespaces, `ERANGE` for times that none can show. Nothing has changed then.
    pub fn make(saved: &Clocks) -> io::Result<Namespace> {
        let own = File::open(OWN)?;
        unshare(flag())?;
        let namespace = Namespace { own: Some(own) };
        let mut before = String::new();
        File::open(OFFSETS)?.read_to_string(&mut before)?;
        let text = offsets(saved, &Clocks::now()?, &before);
        File::options()
            .write(true)
            .open(OFFSETS)?
            .write_all(text.as_bytes())?;
        Ok(namespace)
    }
}

impl Namespace {
    /// For a process that was born in the namespace: there it stays.
    pub fn stay(mut self) {
        self.own = None;
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            // This command itself has always been there, and has one thread.
            let _ = setns(own, flag());
        }
    }
}

const SECOND: i64 = 1_000_000_000;

/// The offsets from the clocks of the machine with which a namespace tells `saved` when this command,
/// whose own offsets are `before`, is told `now`. All are lines of a clock, seconds, nanoseconds.
fn offsets(saved: &Clocks, now: &Clocks, before: &str) -> String {
    let clocks = [
        ("monotonic", saved.monotonic, now.monotonic),
        ("boottime", saved.boottime, now.boottime),
    ];
    let line = |(name, saved, now): (&str, i64, i64)| {
        let offset = i128::from(saved) - i128::from(now) + offset(before, name);
        let second = i128::from(SECOND);
        let (seconds, rest) = (offset.div_euclid(second), offset.rem_euclid(second));
        format!("{name} {seconds} {rest}\n")
    };
    clocks.into_iter().map(line).collect()
}

/// One of the offsets that are there already, in nanoseconds.
fn offset(text: &str, name: &str) -> i128 {
    let mut lines = text.lines().map(str::split_whitespace);
    let found = lines.find_map(|mut words| {
        let is_it = words.next() == Some(name);
        let mut number = || words.next()?.parse::<i128>().ok();
        is_it.then(|| Some(number()? * i128::from(SECOND) + number()?))?
    });
    found.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "monotonic           0         0\nboottime            0         0\n";

    #[test]
    fn clocks_go_forwards_and_backwards() {
        let saved = Clocks {
            monotonic: 10 * SECOND,
            boottime: 20 * SECOND + 5,
        };
        let now = Clocks {
            monotonic: 10 * SECOND + SECOND / 2,
            boottime: 3 * SECOND,
        };
        assert_eq!(
            offsets(&saved, &now, BEFORE),
            "monotonic -1 500000000\nboottime 17 5\n"
        );
    }

    #[test]
    fn offsets_count_from_the_machine() {
        let before = "monotonic          -4 500000000\nboottime          100         7\n";
        let same = Clocks {
            monotonic: 9,
            boottime: 9,
        };
        assert_eq!(
            offsets(&same, &same, before),
            "monotonic -4 500000000\nboottime 100 7\n"
        );
    }

    #[test]
    fn no_number_is_too_large() {
        let saved = Clocks {
            monotonic: i64::MAX,
            boottime: i64::MAX,
        };
        let now = Clocks {
            monotonic: i64::MIN,
            boottime: 0,
        };
        let text = offsets(&saved, &now, "garbage\nmonotonic x y\n");
        assert!(text.starts_with("monotonic 18446744073 "), "{text}");
    }
}
