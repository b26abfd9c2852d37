// SPDX-License-Identifier: GPL-2.0-only

//! What to do next about an error of the kernel module.
//!
//! The module's own messages are always shown; this file adds only next steps, where they help. They are
//! chosen by the errno and by what the module reports for programs, not by the words of a message: the
//! saved tasks choose the names in it. (Of what `checkpoint --check` lists there are only words.)

use std::{
    fmt,
    io, //
};

use crate::{
    process, source,
    sys::capabilities::may_administer,
    text::quoted,
    uapi::{
        self,
        reason,
        Info, //
    },
};

/// Where all refusals stand, for what there is no better step.
pub const ALL_REFUSALS: &str =
    "What is refused, why, and what may help is told in Documentation/refusals.md.";

/// What a pid namespace needs.
pub const PID_NAMESPACE: &str =
    "A pid namespace needs CAP_SYS_ADMIN, which root has. Without one: the old pids, when they are free and \
     CAP_CHECKPOINT_RESTORE lets this command choose them, or other pids with --new-pids.";

/// Why an image cannot be written any more.
pub const READER_GONE: &str = "What reads the image has gone away.";

/// How to have a terminal for a session of its own.
pub const OWN_SESSION: &str =
    "Let the command lead a session of its own: script -qc 'exec restart --terminal …' /dev/null, or, where \
     the shell is not needed any more, exec restart --terminal …";

/// The descriptor that the module has failed at, and the task that has it, if it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Descriptor {
    fd: i32,
    task: Option<i32>,
}

impl Descriptor {
    /// The descriptor of a report, if there is one.
    fn of(report: &uapi::Error) -> Option<Descriptor> {
        Some(Descriptor {
            fd: report.descriptor()?,
            task: report.task(),
        })
    }

    /// Whether it could be left out: it has not been already, and the root of the tree, which has to have
    /// what is left out, has the same file there.
    fn may_be_left_out(self, save: &Save<'_>) -> bool {
        !save.left_out.contains(&self.fd)
            && self.task.is_none_or(|task| {
                task == save.root
                    || process::file_of(task, self.fd)
                        .is_some_and(|file| process::file_of(save.root, self.fd) == Some(file))
            })
    }

    fn leave_out(self, before: &'static str) -> Step {
        Step::LeaveOut(before, vec![self.fd])
    }
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// What its text says.
    Text(String),
    /// To leave descriptors out of the image, with what is said before that.
    LeaveOut(&'static str, Vec<i32>),
}

impl From<&str> for Step {
    fn from(text: &str) -> Step {
        Step::Text(text.to_owned())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Text(text) => f.write_str(text),
            Step::LeaveOut(before, fds) => {
                let list: Vec<String> = fds.iter().map(i32::to_string).collect();
                let (descriptors, others) = match fds.len() {
                    1 => ("the descriptor", "another one for it"),
                    _ => ("the descriptors", "others for them"),
                };
                write!(
                    f,
                    "{before} {descriptors} out of the image with --inherit={}: the caller of restart then \
                     gives {others}.",
                    list.join(",")
                )
            }
        }
    }
}

/// The last descriptor that a program is given when it is started. What others lead to it has opened
/// itself.
const STANDARD: i32 = 2;

/// What was to be saved, and how.
#[derive(Clone, Copy, Debug)]
pub struct Save<'a> {
    /// The root of the tree.
    pub root: i32,
    /// Descriptors that were left out.
    pub left_out: &'a [i32],
    /// Whether memory was needed for a capture.
    pub captured: bool,
}

/// What only the administrator can change.
const ONLY_ADMIN_RESTARTS: &str =
    "Only root (CAP_SYS_ADMIN) may restart processes here, those of any user: run this as root, or have the \
     administrator set sysctl kernel.ckpt_unpriv_allowed=2, with which users restart their own.";
const ONLY_ADMIN_SAVES: &str =
    "Only root (CAP_SYS_ADMIN) may save processes here: run this as root, or have the administrator set \
     sysctl kernel.ckpt_unpriv_allowed=1.";

/// How to have what could not be restarted killed, or not.
const KILL_ANYWAY: &str =
    "Without --kill it is saved, and runs on; with --kill-anyway it is killed all the same.";

/// Whether the sysctl lets this command restart; else what to do. Asked before anything is made.
pub fn may_restart(info: &Info) -> Result<(), &'static str> {
    match info.unpriv_allowed >= 2 || may_administer() {
        true => Ok(()),
        false => Err(ONLY_ADMIN_RESTARTS),
    }
}

/// Whether the sysctl lets this command save, and with `kill` also restart; else why not, and what to do.
/// Asked before anything is stopped.
pub fn may_save(info: &Info, kill: bool) -> Result<(), (&'static str, &'static str)> {
    if may_administer() {
        return Ok(());
    }
    match info.unpriv_allowed {
        0 => Err(("Operation not permitted", ONLY_ADMIN_SAVES)),
        1 if kill => Err((
            "the caller could not restart the tree: kernel.ckpt_unpriv_allowed is below 2",
            KILL_ANYWAY,
        )),
        _ => Ok(()),
    }
}

/// Why a process may not be traced, as far as it can be found out, and what to do.
fn not_traced(pid: i32) -> &'static str {
    let yama = process::read_text("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let own = nix::unistd::geteuid().as_raw();
    match (yama.trim(), process::owner(pid)) {
        ("3", _) => "Nothing may be traced here, nor saved: sysctl kernel.yama.ptrace_scope is 3.",
        (_, Some((user, shown))) if user == own && shown != own => {
            "A process that may not be dumped (PR_SET_DUMPABLE, set-id, file capabilities) may be saved with \
             CAP_SYS_PTRACE only, which root has."
        }
        ("1" | "2", Some((user, _))) if user == own => {
            "Yama lets a user trace nothing but what descends from the caller: have the administrator set \
             sysctl kernel.yama.ptrace_scope=0."
        }
        (_, Some((user, _))) if user != own => {
            "Only a caller that may trace a process may save it: run this as the owner of the process, or \
             as root. What root saves for a user the user can restart when the image may be read."
        }
        _ => {
            "Only a caller that may trace a process may save it, for which it has to have the capabilities of \
             the process, too."
        }
    }
}

/// Whether a checkpoint was refused because of something that will soon be over: a vfork(2), or a task
/// that another process has let go.
pub fn will_pass(report: &uapi::Error) -> bool {
    matches!(report.reason, reason::IN_CALL | reason::NOT_FROZEN)
}

/// Advice after a failed checkpoint.
pub fn checkpoint(
    error: &io::Error,
    report: &uapi::Error,
    info: Option<&Info>,
    save: &Save<'_>,
) -> Option<String> {
    let step = step(error.raw_os_error()?, report, info, save)?;
    Some(step.to_string())
}

/// Advice about all obstacles of a checkpoint, by errno and report: a line for each kind.
pub fn obstacles(
    all: impl Iterator<Item = (i32, uapi::Error)>,
    info: Option<&Info>,
    save: &Save<'_>,
) -> Vec<String> {
    let mut steps: Vec<((i32, u32), Step)> = Vec::new();
    for (errno, report) in all {
        let kind = (errno, report.reason);
        let Some(step) = step(errno, &report, info, save) else {
            continue;
        };
        match (steps.iter_mut().find(|known| known.0 == kind), step) {
            (None, step) => steps.push((kind, step)),
            (Some((_, Step::LeaveOut(_, known))), Step::LeaveOut(_, fds)) => known.extend(fds),
            (Some((_, known)), step @ Step::LeaveOut(..)) => *known = step,
            _ => {}
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for (_, mut step) in steps {
        if let Step::LeaveOut(_, fds) = &mut step {
            fds.sort_unstable();
            fds.dedup();
        }
        let line = step.to_string();
        // It stands behind all, if there is nothing better.
        let line = line.replace(ALL_REFUSALS, "");
        let line = line.trim_end();
        if !line.is_empty() && !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    if lines.is_empty() {
        lines.push(ALL_REFUSALS.to_owned());
    }
    lines
}

fn step(errno: i32, report: &uapi::Error, info: Option<&Info>, save: &Save<'_>) -> Option<Step> {
    let text = match (errno, report.reason) {
        (libc::EPERM | libc::EACCES, _)
            if info.is_some_and(|info| may_save(info, false).is_err()) =>
        {
            ONLY_ADMIN_SAVES
        }
        (_, reason::UNREADABLE) => ALL_REFUSALS,
        (_, reason::CREDENTIALS) => KILL_ANYWAY,
        (_, reason::LABEL) => {
            "Save it without its label by --allow-other-label: restarted, it has that of the restart \
             command."
        }
        (_, reason::KEYRING) => {
            "Save it without its keys by --allow-other-keyring: restarted, it has those of the restart \
             command."
        }
        (libc::EPERM | libc::EACCES, _) => not_traced(report.task().unwrap_or(save.root)),
        (_, reason::NOT_FROZEN) => {
            "Freeze its cgroup or stop it (kill -STOP) first, or leave --no-freeze away."
        }
        (_, reason::TRACED) => "Detach the debugger or tracer first.",
        (_, reason::BUSY) => "Wait until that has ended.",
        (_, reason::RAN | reason::IN_CALL) => "It was not standing still: try again.",
        (_, reason::OUTSIDE) => {
            return Some(
                match Descriptor::of(report).filter(|fd| fd.may_be_left_out(save)) {
                    Some(fd) => fd.leave_out("Save the tree that has both ends, or leave"),
                    None => Step::Text(format!("Save the tree that has both ends. {ALL_REFUSALS}")),
                },
            );
        }
        (libc::ENOMEM, _) if save.captured => {
            "There is not enough memory for a capture: --no-capture writes while the process is \
             frozen."
        }
        (_, reason::NOT_OPEN) => {
            "The process that is saved has no such descriptor: take it out of the list of --inherit."
        }
        (_, reason::NAMESPACE) => {
            "Run this in the namespaces of the process, its /proc included: nsenter --target PID --pid --mount, or \
             nsenter --target PID --all."
        }
        (libc::EOPNOTSUPP, _) => return Some(unsupported(report, save)),
        (_, reason::CONTAINER) => {
            "Leave --container away to save a process that is not the init of a container."
        }
        (libc::ENOSPC | libc::EDQUOT, _) => "Make room, or give another place with --output.",
        (libc::EFBIG, _) => {
            "Raise the limit for the size of files (ulimit -f), or give another place with --output: \
             the file system may have one, too."
        }
        (libc::EPIPE, _) => READER_GONE,
        _ => return None,
    };
    Some(text.into())
}

/// Advice about what no image can hold.
fn unsupported(report: &uapi::Error, save: &Save<'_>) -> Step {
    let descriptor = Descriptor::of(report).filter(|fd| fd.may_be_left_out(save));
    match (descriptor, report.reason) {
        // One that the program has made itself is of no use to it as another one: its peer, perhaps the
        // program, would not be there.
        (Some(fd), reason::SOCKET) if fd.fd > STANDARD => Step::Text(format!(
            "Have the program close the socket first, if it can; sockets are not saved yet. \
             {ALL_REFUSALS}"
        )),
        // Only there it is the other end that makes the difference.
        (Some(fd), reason::EXTERNAL) => fd.leave_out("Leave"),
        (Some(fd), _) if fd.fd <= STANDARD => fd.leave_out("Leave"),
        _ => ALL_REFUSALS.into(),
    }
}

/// What to do about the damaged image called `name`.
pub fn verify(name: &str) -> String {
    match name {
        source::STANDARD => "Verify with ckptinfo whether the image is whole.".to_owned(),
        _ => format!("Verify with ckptinfo: ckptinfo {}", quoted(name)),
    }
}

/// Advice after a failed restart of the image called `name`.
pub fn restart(
    error: &io::Error,
    report: &uapi::Error,
    info: Option<&Info>,
    name: &str,
) -> Option<String> {
    let text = match (error.raw_os_error()?, report.reason) {
        (libc::EPERM | libc::EACCES, _) if info.is_some_and(|info| may_restart(info).is_err()) => {
            ONLY_ADMIN_RESTARTS
        }
        (libc::EPERM, reason::CREDENTIALS) => {
            "Restart it as root, or as the user that it ran as, with the same groups and capabilities."
        }
        (libc::EPERM, reason::SESSION) => OWN_SESSION,
        (libc::ENOTTY, _) => {
            "Restart it on a terminal, or give descriptors for those of the terminal with --inherit=MAP \
             (ckptinfo --fds shows which)."
        }
        (_, reason::EXTERNAL) => {
            "The image leaves descriptors out: give others for them with --inherit=MAP (ckptinfo \
             --fds shows which)."
        }
        (libc::ERANGE, reason::CLOCKS) => {
            "With --host-clocks it goes on with the clocks of the machine: what waits for a time of them waits \
             for the difference, too. A time namespace, in which they go on from where they were, needs \
             CAP_SYS_ADMIN and CAP_SYS_TIME, which root has."
        }
        (libc::EBADMSG, _) => return Some(verify(name)),
        (libc::EOPNOTSUPP, _) => "ckptinfo shows what the image needs of processor and kernel.",
        (libc::ENOENT, _) => "A file that the process used is not there: put it back and try again.",
        (libc::ESTALE, reason::CHANGED) => {
            "A file has another size or time of change than at the checkpoint: put back what it held, and its \
             time (cp -p, touch -d), or go on with what it holds now by --allow-changed-files."
        }
        (libc::ESTALE, _) => {
            "A file is no longer what it was at the checkpoint: put back the version that the message \
             names."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(errno: i32) -> io::Error {
        io::Error::from_raw_os_error(errno)
    }

    const SAVE: Save<'_> = Save {
        root: 5,
        left_out: &[],
        captured: true,
    };

    /// What the module reports of a descriptor of a task, or of a task, or of nothing.
    fn report(reason: u32, fd: Option<i32>, task: Option<i32>) -> uapi::Error {
        let mut report = uapi::Error {
            reason,
            ..uapi::Error::NOTHING
        };
        if let Some(fd) = fd {
            report.objects |= uapi::OBJECT_FD;
            report.fd = fd;
        }
        if let Some(task) = task {
            report.objects |= uapi::OBJECT_TASK;
            report.pid = task;
        }
        report
    }

    fn advice(errno: i32, report: uapi::Error, save: &Save<'_>) -> String {
        checkpoint(&error(errno), &report, None, save).unwrap()
    }

    #[test]
    fn what_a_program_was_given_may_be_left_out() {
        let socket = report(reason::SOCKET, Some(0), Some(5));
        let unsupported = |save| advice(libc::EOPNOTSUPP, socket, save);
        assert!(unsupported(&SAVE).contains("--inherit=0:"));
        // Not twice.
        let again = Save {
            left_out: &[0],
            ..SAVE
        };
        assert_eq!(unsupported(&again), ALL_REFUSALS);
    }

    #[test]
    fn what_a_program_has_made_itself_may_not() {
        for (reason, fd) in [
            (reason::SOCKET, Some(8)),
            // In an epoll set, or a mapping.
            (reason::SOCKET, None),
            (0, Some(8)),
            (0, None),
        ] {
            let advice = advice(libc::EOPNOTSUPP, report(reason, fd, Some(5)), &SAVE);
            assert!(
                !advice.contains("--inherit"),
                "{reason} of {fd:?}: {advice}"
            );
            assert!(
                advice.contains(ALL_REFUSALS),
                "{reason} of {fd:?}: {advice}"
            );
        }
    }

    #[test]
    fn what_the_root_has_not_cannot_be_left_out() {
        let socket = report(reason::SOCKET, Some(0), Some(4194304));
        assert_eq!(advice(libc::EOPNOTSUPP, socket, &SAVE), ALL_REFUSALS);
        let own = std::process::id() as i32;
        let save = Save { root: own, ..SAVE };
        let device = report(0, Some(0), Some(own));
        assert!(advice(libc::EOPNOTSUPP, device, &save).contains("--inherit=0:"));
    }

    #[test]
    fn a_descriptor_that_is_not_there_is_not_left_out_once_more() {
        let missing = report(reason::NOT_OPEN, Some(7), Some(5));
        let advice = advice(libc::EBADF, missing, &SAVE);
        assert!(!advice.contains("--inherit=7"), "{advice}");
    }

    #[test]
    fn a_pipe_to_another_program_leads_to_inherit() {
        let pipe = |fd| report(reason::OUTSIDE, fd, Some(5));
        assert!(advice(libc::EBUSY, pipe(Some(7)), &SAVE).contains("--inherit=7:"));
        assert!(!advice(libc::EBUSY, pipe(None), &SAVE).contains("--inherit"));
    }

    #[test]
    fn all_obstacles_have_a_line_for_each_kind() {
        let advice = |all: &[(i32, uapi::Error)]| obstacles(all.iter().copied(), None, &SAVE);
        let unsupported = |reason, fd| (libc::EOPNOTSUPP, report(reason, fd, Some(5)));
        let outside = |fd| (libc::EBUSY, report(reason::OUTSIDE, fd, Some(5)));
        assert_eq!(advice(&[]), [ALL_REFUSALS]);
        assert_eq!(
            advice(&[unsupported(0, None), unsupported(0, Some(8))]),
            [ALL_REFUSALS]
        );
        let lines = advice(&[
            unsupported(0, Some(8)),
            unsupported(reason::NAMESPACE, None),
            unsupported(reason::SOCKET, Some(8)),
            unsupported(reason::SOCKET, Some(9)),
            unsupported(reason::LABEL, None),
            unsupported(reason::KEYRING, None),
            unsupported(reason::KEYRING, None),
            outside(None),
            outside(Some(7)),
            outside(Some(4)),
            outside(Some(7)),
            (libc::EPERM, report(reason::CREDENTIALS, None, Some(5))),
        ]);
        let wanted = [
            "nsenter",
            "close the socket",
            "--allow-other-label",
            "--allow-other-keyring",
            "descriptors out of the image with --inherit=4,7: the caller of restart then gives others",
            "--kill-anyway",
        ];
        assert_eq!(lines.len(), wanted.len(), "{lines:?}");
        for (line, wanted) in lines.iter().zip(wanted) {
            assert!(
                line.contains(wanted) && !line.contains(ALL_REFUSALS),
                "{line}"
            );
        }
    }

    #[test]
    fn a_descriptor_that_is_missing_leads_to_inherit() {
        let missing = report(reason::EXTERNAL, Some(1), Some(5));
        let advice = restart(&error(libc::EINVAL), &missing, None, "a.ckpt");
        assert!(advice.unwrap().contains("--inherit=MAP"));
    }

    #[test]
    fn lack_of_memory_leads_to_no_capture_only_after_a_capture() {
        let advice = |captured| {
            let save = Save { captured, ..SAVE };
            checkpoint(&error(libc::ENOMEM), &uapi::Error::NOTHING, None, &save)
        };
        assert!(advice(true).unwrap().contains("--no-capture"));
        assert_eq!(advice(false), None);
    }

    #[test]
    fn a_clock_that_would_go_back_leads_to_host_clocks() {
        let back = report(reason::CLOCKS, None, None);
        let advice = restart(&error(libc::ERANGE), &back, None, "a.ckpt");
        assert!(advice.unwrap().contains("--host-clocks"));
    }

    #[test]
    fn a_damaged_image_leads_to_ckptinfo() {
        let damaged = |name| restart(&error(libc::EBADMSG), &uapi::Error::NOTHING, None, name);
        assert!(damaged("a.ckpt")
            .unwrap()
            .contains("Verify with ckptinfo: ckptinfo a.ckpt"));
        assert!(damaged(source::STANDARD)
            .unwrap()
            .contains("Verify with ckptinfo"));
    }

    #[test]
    fn only_what_is_soon_over_is_tried_again() {
        let passes = |reason| will_pass(&report(reason, None, Some(5)));
        assert!(passes(reason::IN_CALL) && passes(reason::NOT_FROZEN));
        assert!(!passes(reason::RAN) && !passes(reason::TRACED) && !passes(0));
    }

    #[test]
    fn what_may_not_be_traced_is_advised_by_its_reason() {
        // Any user may see that of process 1.
        if !nix::unistd::geteuid().is_root() {
            assert!(not_traced(1).contains("as the owner"));
        }
        assert!(
            not_traced(i32::MAX).contains("may trace") || not_traced(i32::MAX).contains("traced")
        );
    }
}
