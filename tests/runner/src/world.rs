// SPDX-License-Identifier: GPL-2.0-only

//! What a test may not change: the kernel log, the module's reference count, the control groups.

use std::{
    collections::BTreeSet,
    fs,
    fs::File,
    io::{
        ErrorKind,
        Read,
        Seek,
        SeekFrom, //
    },
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    thread,
    time::Duration, //
};

use crate::cgroup;

/// What has no place in the kernel log, whoever wrote it.
const ALARMS: &[&str] = &[
    "WARNING:",
    "BUG:",
    "BUG ",
    "Oops",
    "cut here",
    "INFO: task",
    "INFO: rcu",
    "blocked for more than",
    "refcount_t:",
    "general protection fault",
    "Call Trace",
    "Bad page",
    "Bad rss-counter",
    "panic",
    "rust_kernel",
    "still has objects",
    "soft lockup",
    "scheduling while atomic",
    "list_add",
    "list_del",
    "Voluntary context switch within RCU",
    "WARN",
];

/// The module's own error lines.
const OURS: &str = "ckpt:";

/// How long the last reference to the module may take to go: files are released late.
const LINGER: Duration = Duration::from_secs(3);

/// The state before a test.
pub struct World {
    log: Option<File>,
    references: Option<i64>,
    groups: BTreeSet<PathBuf>,
}

impl World {
    /// Notes the state as it is now.
    pub fn new() -> Self {
        World {
            log: open_log(),
            references: references(),
            groups: cgroup::all(),
        }
    }

    /// Whether the module is there.
    pub fn has_module(&self) -> bool {
        self.references.is_some()
    }

    /// What is different from then. References and groups can only be counted when one test runs
    /// alone; error lines of the module are allowed where a test provokes them.
    pub fn changes(&mut self, alone: bool, errors_allowed: bool) -> Vec<String> {
        let mut changes = Vec::new();
        if alone {
            self.leftovers(&mut changes);
        }
        let lines = self.log.as_mut().map(read_log).unwrap_or_default();
        let lines = without_group_limits(lines);
        let bad = lines.iter().any(|(level, line)| {
            ALARMS.iter().any(|alarm| line.contains(alarm))
                || (!errors_allowed && *level <= 4 && line.contains(OURS))
        });
        if bad {
            changes.push("the kernel log is not clean:".to_owned());
            changes.extend(lines.into_iter().map(|(_, line)| format!("  {line}")));
        }
        changes
    }

    fn leftovers(&self, changes: &mut Vec<String>) {
        let mut waited = Duration::ZERO;
        while references() != self.references && waited < LINGER {
            thread::sleep(Duration::from_millis(20));
            waited += Duration::from_millis(20);
        }
        let now = references();
        if now != self.references {
            changes.push(format!(
                "the module has {} references, before the test it had {}",
                text(now),
                text(self.references)
            ));
        }
        for group in cgroup::all().difference(&self.groups) {
            changes.push(format!("a control group is left: {}", group.display()));
        }
    }
}

fn text(count: Option<i64>) -> String {
    count.map_or_else(|| "no".to_owned(), |count| count.to_string())
}

/// How many references to the module there are.
pub fn references() -> Option<i64> {
    fs::read_to_string("/sys/module/ckpt/refcnt")
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// Leaves out what the kernel reports when it enforces the memory limit of a control group. That the
/// machine itself has no memory left stays in.
fn without_group_limits(lines: Vec<(u32, String)>) -> Vec<(u32, String)> {
    const BEGIN: &str = "invoked oom-killer";
    const END: &str = "Memory cgroup out of memory:";
    let mut kept: Vec<(u32, String)> = Vec::new();
    for line in lines {
        let report = kept.iter().rposition(|(_, text)| text.contains(BEGIN));
        match report {
            Some(begin) if line.1.starts_with(END) => kept.truncate(begin),
            _ => kept.push(line),
        }
    }
    kept
}

/// The kernel log, from now on.
fn open_log() -> Option<File> {
    let mut log = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/kmsg")
        .ok()?;
    log.seek(SeekFrom::End(0)).ok()?;
    Some(log)
}

/// Level and text of the lines since the last call.
fn read_log(log: &mut File) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut buffer = [0u8; 8192];
    loop {
        match log.read(&mut buffer) {
            Ok(length) => {
                let record = String::from_utf8_lossy(&buffer[..length]);
                let (head, body) = record.split_once(';').unwrap_or(("0,", &record));
                let priority: u32 = head.split(',').next().unwrap_or("0").parse().unwrap_or(0);
                let line = body.lines().next().unwrap_or_default();
                lines.push((priority & 7, line.to_owned()));
            }
            // Lines were overwritten before they were read: the next read goes on after them.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                lines.push((4, "(some lines are lost)".to_owned()));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&str]) -> Vec<String> {
        let lines = lines.iter().map(|line| (4, (*line).to_owned())).collect();
        let kept = without_group_limits(lines);
        kept.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn the_limit_of_a_group_is_no_alarm() {
        let lines = [
            "before",
            "opens invoked oom-killer: gfp_mask=0xcc0",
            "Call Trace:",
            "Memory cgroup out of memory: Killed process 287 (opens)",
            "after",
        ];
        assert_eq!(kept(&lines), ["before", "after"]);
    }

    #[test]
    fn the_limit_of_the_machine_is_one() {
        let lines = [
            "opens invoked oom-killer: gfp_mask=0xcc0",
            "Call Trace:",
            "Out of memory: Killed process 287 (opens)",
        ];
        assert_eq!(kept(&lines), lines);
    }
}
