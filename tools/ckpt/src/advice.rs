// SPDX-License-Identifier: GPL-2.0-only

//! What to do next about an error of the kernel module.
//!
//! The reason is in the module's own messages, which are always shown; here are only next steps, and only
//! where they help. For all other refusals there is a pointer to what tells more.

use std::io;

use crate::{
    process,
    uapi::Info, //
};

/// Where all refusals stand, for what there is no better step.
pub const ALL_REFUSALS: &str =
    "What is refused, why, and what may help is told in Documentation/refusals.md.";

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

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
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
    let allowed = info.map_or(1, |info| info.unpriv_allowed);
    let text = match error.raw_os_error()? {
        libc::EPERM | libc::EACCES if !is_root() && allowed == 0 => {
            "Only root may save processes here: run this as root, or have the administrator set \
             sysctl kernel.ckpt_unpriv_allowed=1."
        }
        libc::EPERM | libc::EACCES if mentions(log, &["may not be read"]) => ALL_REFUSALS,
        libc::EPERM if mentions(log, &["could not restart"]) => {
            "Without --kill it is saved, and runs on; with --force it is killed all the same."
        }
        libc::EOPNOTSUPP if mentions(log, &["security label"]) => {
            "Save it without its label by --allow-other-label: restarted, it has that of the restart \
             command."
        }
        libc::EOPNOTSUPP if mentions(log, &["session keyring"]) => {
            "Save it without its keys by --allow-other-keyring: restarted, it has those of the restart \
             command."
        }
        libc::EPERM | libc::EACCES => {
            "Only a caller that may trace a process may save it: run this as root or as its owner."
        }
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
        libc::EPIPE => "What reads the image has gone away.",
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

/// Advice after a failed restart of the image called `name`.
pub fn restart(
    error: &io::Error,
    log: &[String],
    info: Option<&Info>,
    name: &str,
) -> Option<String> {
    let allowed = info.map_or(1, |info| info.unpriv_allowed);
    let text = match error.raw_os_error()? {
        libc::EPERM | libc::EACCES if !is_root() && allowed < 2 => {
            "Only root may restart processes here: run this as root, or have the administrator set \
             sysctl kernel.ckpt_unpriv_allowed=2."
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
            "Restart it as root, in a time namespace whose clocks go on from where they were. With \
             --host-clocks it goes on with those of the machine: what waits for a time of them waits for \
             the difference, too."
        }
        libc::EBADMSG if name == "standard input" => "Is it a whole image? ckptinfo tells.",
        libc::EBADMSG => return Some(format!("Verify the image with: ckptinfo {name}")),
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
        assert!(advice.unwrap().contains("ckptinfo a.ckpt"));
    }
}
