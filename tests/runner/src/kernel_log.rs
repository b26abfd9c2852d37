// SPDX-License-Identifier: GPL-2.0-only

//! The kernel log as tests may not make it: what has no place in it, and what is new in it.

use std::{
    fs::File,
    io::{
        ErrorKind,
        Read,
        Seek,
        SeekFrom, //
    },
    os::unix::fs::OpenOptionsExt, //
};

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
    // Of the kernel: of a program "general protection fault ip:" is said.
    "general protection fault,",
    "general protection fault:",
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
    // What only a debug kernel says.
    "KASAN:",
    "KFENCE:",
    "UBSAN:",
    "ODEBUG:",
    "lockdep is turned off",
    "turning off the locking correctness validator",
    "trying to register non-static key",
    "suspicious RCU usage",
    "debug_objects: ",
    "Kernel memory leak detector disabled",
];

/// Faults of the kernel itself that the debug kernel reports, whoever makes it do what it does.
///
/// Reclaim with the multi-generational LRU hands a variable on that it has not set yet, and does not
/// look at it then (walk_pmd_range_locked(), walk_pte_range(): `dirty`).
const FAULTS_OF_THE_KERNEL: &[&str] = &["UBSAN: invalid-load in mm/vmscan.c"];

/// The module's own error lines.
const OURS: &str = "ckpt:";

/// The log from a moment on: each line is looked at once.
pub struct KernelLog(Option<File>);

/// A line with its level.
pub struct Line {
    level: u32,
    text: String,
}

impl KernelLog {
    /// From now on.
    pub fn new() -> Self {
        let open = || {
            let mut log = File::options()
                .read(true)
                .custom_flags(libc::O_NONBLOCK)
                .open("/dev/kmsg")?;
            log.seek(SeekFrom::End(0))?;
            Ok::<_, std::io::Error>(log)
        };
        KernelLog(open().ok())
    }

    /// The lines since the last call, if they should not be there. The module's error lines are
    /// allowed where a test provokes them.
    pub fn complaints(&mut self, errors_allowed: bool) -> Vec<String> {
        let lines = self.0.as_mut().map(read_log).unwrap_or_default();
        let lines = without_kernel_faults(without_group_limits(lines));
        let bad = lines.iter().any(|line| {
            ALARMS.iter().any(|alarm| line.text.contains(alarm))
                || (!errors_allowed && line.level <= 4 && line.text.contains(OURS))
        });
        if !bad {
            return Vec::new();
        }
        lines
            .into_iter()
            .map(|line| format!("  {}", line.text))
            .collect()
    }
}

/// Leaves out what the kernel reports when it enforces the memory limit of a control group. That the
/// machine itself has no memory left stays in.
fn without_group_limits(lines: Vec<Line>) -> Vec<Line> {
    const BEGIN: &str = "invoked oom-killer";
    const END: &str = "Memory cgroup out of memory:";
    let mut kept: Vec<Line> = Vec::new();
    for line in lines {
        let report = kept.iter().rposition(|other| other.text.contains(BEGIN));
        match report {
            Some(begin) if line.text.starts_with(END) => kept.truncate(begin),
            _ => kept.push(line),
        }
    }
    kept
}

/// Leaves out reports of faults that are the kernel's own, from their first line to their last.
fn without_kernel_faults(lines: Vec<Line>) -> Vec<Line> {
    const BEGIN: &str = "cut here";
    const END: &str = "end trace";
    let mut kept: Vec<Line> = Vec::new();
    let mut inside = false;
    for line in lines {
        if inside {
            inside = !line.text.contains(END);
        } else if FAULTS_OF_THE_KERNEL
            .iter()
            .any(|known| line.text.contains(known))
        {
            inside = true;
            if kept.last().is_some_and(|last| last.text.contains(BEGIN)) {
                kept.pop();
            }
        } else {
            kept.push(line);
        }
    }
    kept
}

/// The lines since the last call.
fn read_log(log: &mut File) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut buffer = [0u8; 8192];
    loop {
        match log.read(&mut buffer) {
            Ok(length) => {
                let record = String::from_utf8_lossy(&buffer[..length]);
                let (head, body) = record.split_once(';').unwrap_or(("0,", &record));
                let priority: u32 = head.split(',').next().unwrap_or("0").parse().unwrap_or(0);
                let text = body.lines().next().unwrap_or_default();
                lines.push(Line {
                    level: priority & 7,
                    text: text.to_owned(),
                });
            }
            // Lines were overwritten before they were read: the next read goes on after them.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => lines.push(Line {
                level: 4,
                text: "(some lines are lost)".to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&str]) -> Vec<String> {
        let lines = lines.iter().map(|line| Line {
            level: 4,
            text: (*line).to_owned(),
        });
        let kept = without_kernel_faults(without_group_limits(lines.collect()));
        kept.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_fault_of_the_kernel_is_no_alarm() {
        let known = [
            "before",
            "------------[ cut here ]------------",
            "UBSAN: invalid-load in mm/vmscan.c:3536:37",
            "Call Trace:",
            "---[ end trace ]---",
            "after",
        ];
        assert_eq!(kept(&known), ["before", "after"]);
        let ours = [
            "------------[ cut here ]------------",
            "UBSAN: invalid-load in fs/file.c:1:2",
            "---[ end trace ]---",
        ];
        assert_eq!(kept(&ours), ours);
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
