// SPDX-License-Identifier: GPL-2.0-only

//! One line of the kernel about an obstacle: `[err -N][pid N tsk NAME] PLACE: PATH: WHY`. Names and paths may hold
//! anything, so that what is told apart here is only for people.

use crate::uapi::{
    self,
    reason, //
};

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// The reason, without the numbers and the path that others for the same reason have, too.
    pub why: String,
    /// Task, place and path.
    pub at: String,
    /// errno.
    pub errno: i32,
    /// The number of the task.
    pub pid: Option<i32>,
    /// The descriptor.
    pub fd: Option<i32>,
}

/// Places in a task: each ends at the first `: `.
const PLACES: &[&str] = &[
    "fd ",
    "mapping ",
    "executable: ",
    "controlling terminal: ",
    "root directory: ",
    "working directory: ",
    "POSIX timer ",
];

/// Words that a reason begins with, behind a path that may hold `: `, too.
const BEGINNINGS: &[&str] = &[
    "a ",
    "an ",
    "the caller could not ",
    "process ",
    "it is held outside ",
    "what is in ",
    "terminal /dev/pts/",
];

/// Reasons with a path behind them.
const WITH_PATH: &[&str] = &[
    "a deleted file or directory whose directory is deleted or out of the caller's reach, too: ",
    "the caller could not restart a deleted file or directory: nothing may be made in ",
    "the caller could not restart the task: the root directory may not be entered: ",
    "the caller could not restart the task: the working directory may not be entered: ",
    "the root directory is out of the caller's reach: ",
    "the working directory is out of the caller's reach: ",
];

/// What the kernel reports of some reasons for programs, by their beginnings.
const CODES: &[(&str, u32)] = &[
    ("the security label of the task ", reason::LABEL),
    ("the session keyring of the task ", reason::KEYRING),
    ("the caller could not restart ", reason::CREDENTIALS),
    ("a process outside of the tree has it", reason::OUTSIDE),
    ("a process outside of the container has it", reason::OUTSIDE),
    ("a descriptor in flight ", reason::OUTSIDE),
    ("it is held outside of the tree", reason::OUTSIDE),
    ("a socket is not supported", reason::SOCKET),
    ("the task is being traced ", reason::TRACED),
    ("the task traces another one ", reason::TRACED),
    ("another checkpoint of the task ", reason::BUSY),
    ("the task is exiting", reason::RAN),
    ("the task is being killed", reason::RAN),
    ("not open, but named as external", reason::NOT_OPEN),
    ("what is in it may not be read", reason::UNREADABLE),
];

impl Line {
    /// Takes a line apart; `None` for one that is about no obstacle.
    pub fn of(line: &str) -> Option<Line> {
        let (errno, rest) = line.strip_prefix("[err -")?.split_once(']')?;
        let (task, rest) = task_of(rest);
        let place = Place::of(rest.trim_start());
        let pid = task.as_deref().and_then(|task| number(task, "pid "));
        let at: Vec<String> = [task, place.name].into_iter().flatten().collect();
        Some(Line {
            why: place.why,
            at: at.join(" "),
            errno: errno.parse().unwrap_or(0),
            pid,
            fd: place.fd,
        })
    }
}

/// What the kernel would report of an obstacle if it were the first.
pub fn report(why: &str, pid: Option<i32>, fd: Option<i32>) -> uapi::Error {
    let code = CODES.iter().find(|(begin, _)| why.starts_with(begin));
    let mut report = uapi::Error {
        reason: match code {
            Some((_, code)) => *code,
            None if why.ends_with(" namespace than the caller") => reason::NAMESPACE,
            None if why.contains("has to be named as external") => reason::EXTERNAL,
            None => 0,
        },
        ..uapi::Error::NOTHING
    };
    if let Some(pid) = pid {
        (report.objects, report.pid) = (uapi::OBJECT_TASK, pid);
    }
    if let Some(fd) = fd {
        report.objects |= uapi::OBJECT_FD;
        report.fd = fd;
    }
    report
}

/// The number behind some word, with nothing or a space behind it.
fn number(text: &str, word: &str) -> Option<i32> {
    let digits = text.strip_prefix(word)?.split(' ').next()?;
    digits.parse().ok()
}

/// The task that a message is about, and the rest of it.
fn task_of(rest: &str) -> (Option<String>, &str) {
    /// Most bytes of a task's name.
    const NAME: usize = 15;
    let Some(inside) = rest.strip_prefix('[') else {
        return (None, rest);
    };
    let (number, named) = match inside.split_once(" tsk ") {
        Some((number, named)) if !number.contains(']') => (number, Some(named)),
        _ => match inside.split_once("] ") {
            Some((number, words)) => return (Some(number.to_owned()), words),
            None => return (None, rest),
        },
    };
    // The name ends at the last of these that it can end at: it may hold others.
    let ends = named.into_iter().flat_map(|named| {
        let all = named.match_indices("] ").map(move |(at, _)| (named, at));
        all.take_while(|(_, at)| *at <= NAME)
    });
    match ends.last() {
        Some((named, at)) => {
            let (name, words) = named.split_at(at);
            let words = words.get(2..).unwrap_or_default();
            (Some(format!("{number} ({name})")), words)
        }
        None => (None, rest),
    }
}

/// Where in the task it is, with the file that is there, and why it is an obstacle.
struct Place {
    name: Option<String>,
    fd: Option<i32>,
    why: String,
}

impl Place {
    fn of(words: &str) -> Place {
        let has_place = PLACES.iter().any(|place| words.starts_with(place));
        let (place, rest) = match words.split_once(": ") {
            Some((place, rest)) if has_place => (Some(place), rest),
            _ => (None, words),
        };
        // Not that of an epoll instance, which the task need not have any more.
        let fd = place.filter(|place| !place.contains(" in an "));
        let fd = fd.and_then(|place| number(place, "fd "));
        let ended = WITH_PATH
            .iter()
            .find_map(|begin| Some((rest.strip_prefix(begin)?, *begin)));
        let (path, why) = match ended {
            Some((path, begin)) => (Some(path), begin.trim_end_matches([':', ' '])),
            None if place.is_some() => path_of(rest),
            None => (None, rest),
        };
        let (holder, why) = match holder_of(why) {
            Some((holder, why)) => (Some(holder), why),
            None => (None, why.to_owned()),
        };
        let name: Vec<&str> = [place, path].into_iter().flatten().collect();
        let mut name = name.join(": ");
        if let Some(holder) = holder {
            name += &format!(" ({holder})");
        }
        Place {
            name: Some(name).filter(|name| !name.is_empty()),
            fd,
            why,
        }
    }
}

/// The path that words begin with, if they do, and what stands behind it.
fn path_of(words: &str) -> (Option<&str>, &str) {
    let kind = words.split(':').next().unwrap_or_default();
    // As in pipe:[7], anon_inode:[eventpoll], anon_inode:bpf-map.
    let is_named = kind
        .chars()
        .all(|c| c.is_ascii_lowercase() || "_-".contains(c))
        && words
            .get(kind.len()..)
            .is_some_and(|rest| rest.starts_with(":["));
    let is_path =
        words.starts_with(['/', '?', '(']) || is_named || words.starts_with("anon_inode:");
    if !is_path {
        return (None, words);
    }
    let begins = |at: &usize| {
        let behind = words.get(at + 2..).unwrap_or_default();
        BEGINNINGS.iter().any(|begin| behind.starts_with(begin))
    };
    let ends = || words.match_indices(": ").map(|(at, _)| at);
    match ends().find(begins).or_else(|| ends().next()) {
        Some(at) => (words.get(..at), words.get(at + 2..).unwrap_or_default()),
        None => (None, words),
    }
}

/// Which process has something, too, and how; and the reason without that.
fn holder_of(why: &str) -> Option<(String, String)> {
    let (number, rest) = why.strip_prefix("process ")?.split_once(' ')?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (what, how) = match rest.split_once(" has it, too, ") {
        Some((what, how)) => (format!("{what} has it, too"), format!(": {how}")),
        None => (rest.to_owned(), String::new()),
    };
    Some((
        format!("process {number}{how}"),
        format!("a process {what}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where, and why.
    fn line(words: &str) -> (String, String) {
        let line = Line::of(&format!("[err -95][pid 12 tsk a] {words}")).unwrap();
        let at = line.at.strip_prefix("pid 12 (a)").unwrap().trim_start();
        (at.to_owned(), line.why)
    }

    fn told(words: &str, at: &str, why: &str) {
        assert_eq!(line(words), (at.to_owned(), why.to_owned()), "{words}");
    }

    #[test]
    fn a_reason_may_hold_what_separates() {
        let opened = "the caller could not restart it: a task with user id 0 had opened it";
        told(
            &format!("fd 6: /proc/kmsg: {opened}"),
            "fd 6: /proc/kmsg",
            opened,
        );
        told(
            "fd 6: /dev/pts/3: terminal /dev/pts/3, whose master is outside of the tree: it has to be named as \
             external (--inherit)",
            "fd 6: /dev/pts/3",
            "terminal /dev/pts/3, whose master is outside of the tree: it has to be named as external (--inherit)",
        );
        told(
            "the task has something that is not supported: io_uring",
            "",
            "the task has something that is not supported: io_uring",
        );
    }

    #[test]
    fn a_path_may_hold_what_separates() {
        let socket = "a socket is not supported";
        told(
            &format!("fd 5: socket:[7]: {socket}"),
            "fd 5: socket:[7]",
            socket,
        );
        told(
            &format!("fd 5: /a: b: c: {socket}"),
            "fd 5: /a: b: c",
            socket,
        );
        told("executable: /a: no", "executable: /a", "no");
        told(
            "fd 4: anon_inode:bpf-map: a BPF map is not supported",
            "fd 4: anon_inode:bpf-map",
            "a BPF map is not supported",
        );
        told(
            "mapping 1000-2000: /a (deleted): secret memory is not supported",
            "mapping 1000-2000: /a (deleted)",
            "secret memory is not supported",
        );
    }

    #[test]
    fn a_place_may_have_no_path() {
        told(
            "fd 7: not open, but named as external",
            "fd 7",
            "not open, but named as external",
        );
        told(
            "mapping 1000-2000: a guard: of a sort is not supported",
            "mapping 1000-2000",
            "a guard: of a sort is not supported",
        );
        told(
            "POSIX timer 3: the thread that gets its signal is gone",
            "POSIX timer 3",
            "the thread that gets its signal is gone",
        );
    }

    #[test]
    fn a_path_behind_a_reason_is_part_of_the_place() {
        for begin in WITH_PATH {
            let why = begin.trim_end_matches([':', ' ']);
            told(&format!("{begin}/root/priv: x"), "/root/priv: x", why);
            let place = format!("working directory: {begin}/root/priv");
            told(&place, "working directory: /root/priv", why);
        }
    }

    #[test]
    fn processes_outside_are_one_reason() {
        let why = "a process outside of the tree has it, too";
        let words = "process 77 outside of the tree has it, too, as fd 9";
        told(
            &format!("fd 6: pipe:[8]: {words}"),
            "fd 6: pipe:[8] (process 77: as fd 9)",
            why,
        );
        told(
            "mapping 1-2: /a: process 78 outside of the tree has it, too, mapped",
            "mapping 1-2: /a (process 78: mapped)",
            why,
        );
        told(&format!("fd 6: pipe:[8]: {why}"), "fd 6: pipe:[8]", why);
        told(
            "process 77 outside of the tree uses the same memory",
            "(process 77)",
            "a process outside of the tree uses the same memory",
        );
    }

    #[test]
    fn a_descriptor_and_its_task_are_told() {
        let line = |words: &str| Line::of(&format!("[err -16]{words}")).unwrap();
        let own = line("[pid 12 tsk a b] fd 6: /a: no");
        assert_eq!((own.errno, own.pid, own.fd), (16, Some(12), Some(6)));
        let waited = line("[pid 12 tsk a] fd 6 in an epoll instance: /a: no");
        assert_eq!((waited.pid, waited.fd), (Some(12), None));
        let dead = line("[tsk a] fd 6: /a: no");
        assert_eq!((dead.pid, dead.fd), (None, Some(6)));
        assert_eq!(Line::of("task 12 has a session keyring"), None);
    }

    #[test]
    fn a_reason_is_that_of_the_report() {
        let code = |why| report(why, None, None).reason;
        for (why, wanted) in [
            (
                "the task is in another mount namespace than the caller",
                reason::NAMESPACE,
            ),
            (
                "the security label of the task cannot be restored: a",
                reason::LABEL,
            ),
            (
                "the session keyring of the task cannot be restored",
                reason::KEYRING,
            ),
            ("a process outside of the tree has it, too", reason::OUTSIDE),
            ("a socket is not supported", reason::SOCKET),
            ("a device is not supported", 0),
        ] {
            assert_eq!(code(why), wanted, "{why}");
        }
        let report = report("no", Some(12), Some(0));
        assert_eq!((report.task(), report.descriptor()), (Some(12), Some(0)));
    }
}
