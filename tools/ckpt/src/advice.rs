// SPDX-License-Identifier: GPL-2.0-only

//! What to do next about an error of the kernel module.
//!
//! The reason is in the module's own messages, which are always shown; here are only next steps, and only
//! where they help. For all other refusals there is a pointer to what tells more.

use std::io;

use crate::{
    process,
    source,
    sys::capabilities::may_administer,
    text::escaped,
    uapi::Info, //
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

/// How to have a terminal for a session of one's own.
pub const OWN_SESSION: &str =
    "Let the command lead a session of its own: script -qc 'exec restart --terminal …' /dev/null, or, where \
     the shell is not needed any more, exec restart --terminal …";

fn mentions(log: &[String], words: &[&str]) -> bool {
    log.iter().any(|line| {
        let line = line.to_lowercase();
        words.iter().any(|word| line.contains(word))
    })
}

/// The task that the first message of the module is about.
fn task_of(log: &[String]) -> Option<i32> {
    let (_, rest) = log.first()?.strip_prefix("[err ")?.split_once("][pid ")?;
    rest.split_once(" tsk ")?.0.parse().ok()
}

/// The descriptor that a message of the module is about, and the task that has it, if it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Descriptor {
    fd: i32,
    task: Option<i32>,
}

impl Descriptor {
    /// That of the first message, if it is about one: not about a file of an epoll set, which is part of
    /// the image whether its descriptor is or not, nor about a mapping.
    fn of(log: &[String]) -> Option<Descriptor> {
        let rest = log.first()?.strip_prefix("[err ")?;
        let (_, rest) = rest.split_once(']')?;
        let (task, message) = match rest.strip_prefix("[pid ") {
            Some(rest) => {
                let (task, rest) = rest.split_once(" tsk ")?;
                (task.parse().ok(), rest.split_once("] ")?.1)
            }
            None => (None, rest.trim_start()),
        };
        let (fd, _) = message.strip_prefix("fd ")?.split_once(": ")?;
        Some(Descriptor {
            fd: fd.parse().ok()?,
            task,
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

    fn leave_out(self, before: &str) -> String {
        format!(
            "{before} the descriptor out of the image with --inherit={fd}: the caller of restart then gives \
             another one for it.",
            fd = self.fd
        )
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

/// What the caller cannot do anything about but by asking somebody else.
const ONLY_ADMIN_RESTARTS: &str =
    "Only root (CAP_SYS_ADMIN) may restart processes here, and only what was root's: have the administrator \
     set sysctl kernel.ckpt_unpriv_allowed=2, with which users restart their own.";
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
/// that was born when the others were frozen.
pub fn will_pass(log: &[String]) -> bool {
    mentions(log, &["system call (vfork"]) || mentions(log, &["the task is not frozen"])
}

/// Advice after a failed checkpoint.
pub fn checkpoint(
    error: &io::Error,
    log: &[String],
    info: Option<&Info>,
    save: &Save<'_>,
) -> Option<String> {
    let text = match error.raw_os_error()? {
        libc::EPERM | libc::EACCES if info.is_some_and(|info| may_save(info, false).is_err()) => {
            ONLY_ADMIN_SAVES
        }
        libc::EPERM | libc::EACCES if mentions(log, &["may not be read"]) => ALL_REFUSALS,
        libc::EPERM if mentions(log, &["could not restart"]) => KILL_ANYWAY,
        libc::EOPNOTSUPP if mentions(log, &["security label"]) => {
            "Save it without its label by --allow-other-label: restarted, it has that of the restart \
             command."
        }
        libc::EOPNOTSUPP if mentions(log, &["session keyring"]) => {
            "Save it without its keys by --allow-other-keyring: restarted, it has those of the restart \
             command."
        }
        libc::EPERM | libc::EACCES => not_traced(task_of(log).unwrap_or(save.root)),
        libc::EBUSY if mentions(log, &["not frozen"]) => {
            "Freeze its cgroup or stop it (kill -STOP) first, or leave --no-freeze away."
        }
        libc::EBUSY if mentions(log, &["(ptrace)"]) => "Detach the debugger or tracer first.",
        libc::EBUSY if mentions(log, &["another checkpoint"]) => "Wait until that has ended.",
        libc::EBUSY if mentions(log, &["ran during", "system call", "changed during", "exiting"]) => {
            "It was not standing still: try again."
        }
        libc::EBUSY if mentions(log, &["outside of the tree"]) => {
            let step = "Save the tree that has both ends";
            return Some(match Descriptor::of(log).filter(|fd| fd.may_be_left_out(save)) {
                Some(fd) => fd.leave_out(&format!("{step}, or leave")),
                None => format!("{step}. {ALL_REFUSALS}"),
            });
        }
        libc::ENOMEM if save.captured => {
            "There is not enough memory for a capture: --no-capture writes while the process is \
             frozen."
        }
        libc::EBADF if mentions(log, &["named as external"]) => {
            "The process that is saved has no such descriptor: take it out of the list of --inherit."
        }
        libc::EOPNOTSUPP if mentions(log, &["namespace than the caller"]) => {
            "Run this in the namespaces of the process, for example with nsenter(1)."
        }
        libc::EOPNOTSUPP => return Some(unsupported(log, save)),
        libc::EINVAL if mentions(log, &["container", "init"]) => {
            "Leave --container away to save a process that is not the init of a container."
        }
        libc::ENOSPC | libc::EDQUOT => "Make room, or give another place with --output.",
        libc::EFBIG => {
            "Raise the limit for the size of files (ulimit -f), or give another place with --output: \
             the file system may have one, too."
        }
        libc::EPIPE => READER_GONE,
        _ if !log.is_empty() => ALL_REFUSALS,
        _ => return None,
    };
    Some(text.to_owned())
}

/// Advice about what no image can hold.
fn unsupported(log: &[String], save: &Save<'_>) -> String {
    let descriptor = Descriptor::of(log).filter(|fd| fd.may_be_left_out(save));
    match descriptor {
        // One that the program has made itself is of no use to it as another one: its peer, perhaps the
        // program, would not be there.
        Some(fd) if fd.fd > STANDARD && mentions(log, &["a socket is not"]) => format!(
            "Have the program close the connection first, if it can; sockets are not saved yet. \
             {ALL_REFUSALS}"
        ),
        // Only there it is the other end that makes the difference.
        Some(fd) if fd.fd <= STANDARD || mentions(log, &["(--inherit)"]) => fd.leave_out("Leave"),
        _ => ALL_REFUSALS.to_owned(),
    }
}

/// What to do about the damaged image called `name`.
pub fn verify(name: &str) -> String {
    match name {
        source::STANDARD => "Verify with ckptinfo whether the image is whole.".to_owned(),
        _ => format!("Verify with ckptinfo: ckptinfo {}", escaped(name)),
    }
}

/// Advice after a failed restart of the image called `name`.
pub fn restart(
    error: &io::Error,
    log: &[String],
    info: Option<&Info>,
    name: &str,
) -> Option<String> {
    let text = match error.raw_os_error()? {
        libc::EPERM | libc::EACCES if info.is_some_and(|info| may_restart(info).is_err()) => {
            ONLY_ADMIN_RESTARTS
        }
        libc::EPERM if mentions(log, &["credentials differ"]) => {
            "Restart it as the user that it ran as, with the same groups and capabilities."
        }
        libc::EPERM if mentions(log, &["controls another session"]) => OWN_SESSION,
        libc::ENOTTY => {
            "Restart it on a terminal, or give descriptors for those of the terminal with --inherit=MAP \
             (ckptinfo --fds shows which)."
        }
        _ if mentions(log, &["has to be given"]) => {
            "The image leaves descriptors out: give others for them with --inherit=MAP (ckptinfo \
             --fds shows which)."
        }
        libc::ERANGE if mentions(log, &["would go back"]) => {
            "With --host-clocks it goes on with the clocks of the machine: what waits for a time of them waits \
             for the difference, too. A time namespace, in which they go on from where they were, needs \
             CAP_SYS_ADMIN and CAP_SYS_TIME, which root has."
        }
        libc::EBADMSG => return Some(verify(name)),
        libc::EOPNOTSUPP => "ckptinfo shows what the image needs of processor and kernel.",
        libc::ENOENT => "A file that the process used is not there: put it back and try again.",
        libc::ESTALE if mentions(log, &["has changed since"]) && !mentions(log, &["privately"]) => {
            "A file holds something else than at the checkpoint: put back what it held, or go on with what \
             it holds now by --allow-changed-files."
        }
        libc::ESTALE => {
            "A file is no longer what it was at the checkpoint: put back the version that the message \
             names."
        }
        _ if !log.is_empty() => ALL_REFUSALS,
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

    fn advice(errno: i32, line: &str, save: &Save<'_>) -> String {
        checkpoint(&error(errno), &[line.to_owned()], None, save).unwrap()
    }

    #[test]
    fn what_a_program_was_given_may_be_left_out() {
        let line = "[err -95][pid 5 tsk a] fd 0: socket:[123]: a socket is not supported";
        let unsupported = |save| advice(libc::EOPNOTSUPP, line, save);
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
        for line in [
            "[err -95][pid 5 tsk a] fd 8: socket:[123]: a socket is not supported",
            "[err -95][pid 5 tsk a] fd 8 in an epoll instance: socket:[123]: a socket is not supported",
            "[err -95][pid 5 tsk a] fd 8: anon_inode:bpf-map: a BPF map is not supported",
            "[err -95][pid 5 tsk a] mapping 1000-2000: x: a socket is not supported",
            "[err -95][pid 5 tsk a] the task has something that is not supported: perf event",
        ] {
            let advice = advice(libc::EOPNOTSUPP, line, &SAVE);
            assert!(!advice.contains("--inherit"), "{line}: {advice}");
            assert!(advice.contains(ALL_REFUSALS), "{line}: {advice}");
        }
    }

    #[test]
    fn what_the_root_has_not_cannot_be_left_out() {
        let line = "[err -95][pid 4194304 tsk a] fd 0: socket:[123]: a socket is not supported";
        assert_eq!(advice(libc::EOPNOTSUPP, line, &SAVE), ALL_REFUSALS);
        let own = std::process::id() as i32;
        let line = format!("[err -95][pid {own} tsk a] fd 0: x: a device is not supported");
        let save = Save { root: own, ..SAVE };
        assert!(advice(libc::EOPNOTSUPP, &line, &save).contains("--inherit=0:"));
    }

    #[test]
    fn a_descriptor_that_is_not_there_is_not_left_out_once_more() {
        let line = "[err -9] fd 7: not open, but named as external";
        let advice = advice(libc::EBADF, line, &SAVE);
        assert!(!advice.contains("--inherit=7"), "{advice}");
    }

    #[test]
    fn a_pipe_to_another_program_leads_to_inherit() {
        let line =
            "[err -16][pid 5 tsk a] fd 7: pipe:[5]: somebody outside of the tree has it, too";
        assert!(advice(libc::EBUSY, line, &SAVE).contains("--inherit=7:"));
        let line = "[err -16][pid 5 tsk a] fd 7 in an epoll instance: pipe:[5]: somebody outside of the tree";
        assert!(!advice(libc::EBUSY, line, &SAVE).contains("--inherit"));
    }

    #[test]
    fn a_descriptor_that_is_missing_leads_to_inherit() {
        let log = ["[err -22] fd 1 is not part of the image: a descriptor has to be given for it"];
        let advice = restart(
            &error(libc::EINVAL),
            &log.map(str::to_owned),
            None,
            "a.ckpt",
        );
        assert!(advice.unwrap().contains("--inherit=MAP"));
    }

    #[test]
    fn lack_of_memory_leads_to_no_capture_only_after_a_capture() {
        let advice = |captured| {
            let save = Save { captured, ..SAVE };
            checkpoint(&error(libc::ENOMEM), &[], None, &save)
        };
        assert!(advice(true).unwrap().contains("--no-capture"));
        assert_eq!(advice(false), None);
    }

    #[test]
    fn a_clock_that_would_go_back_leads_to_host_clocks() {
        let log = ["[err -34] CLOCK_MONOTONIC would go back: it is at 5 s here".to_owned()];
        let advice = restart(&error(libc::ERANGE), &log, None, "a.ckpt");
        assert!(advice.unwrap().contains("--host-clocks"));
    }

    #[test]
    fn a_damaged_image_leads_to_ckptinfo() {
        let advice = restart(&error(libc::EBADMSG), &[], None, "a.ckpt");
        assert!(advice
            .unwrap()
            .contains("Verify with ckptinfo: ckptinfo a.ckpt"));
        let advice = restart(&error(libc::EBADMSG), &[], None, source::STANDARD);
        assert!(advice.unwrap().contains("Verify with ckptinfo"));
    }

    #[test]
    fn the_task_of_a_message_is_found() {
        let task = |line: &str| task_of(&[line.to_owned()]);
        assert_eq!(task("[err -1][pid 45 tsk a b] may not be traced"), Some(45));
        assert_eq!(task("[err -1] may not be traced"), None);
        assert_eq!(task(""), None);
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
