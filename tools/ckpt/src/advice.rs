// SPDX-License-Identifier: GPL-2.0-only

//! What to do next about an error of the kernel module.
//!
//! The reason is in the module's own messages, which are always shown; here are only the next steps
//! that a user can take.

use std::io;

use crate::uapi::Info;

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

/// The descriptor that a message is about.
fn descriptor(log: &[String]) -> Option<u32> {
    log.iter().find_map(|line| {
        let (_, rest) = line.split_once("fd ")?;
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest.get(..end)?.parse().ok()
    })
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether a checkpoint was refused because of something that will soon be over: a vfork(2), or a task
/// that was born when the others were frozen.
pub fn will_pass(log: &[String]) -> bool {
    mentions(log, &["system call (vfork"]) || mentions(log, &["the task is not frozen"])
}

/// Advice after a failed checkpoint. `captured` says whether memory was needed for a capture.
pub fn checkpoint(
    error: &io::Error,
    log: &[String],
    info: Option<&Info>,
    captured: bool,
) -> Option<String> {
    let allowed = info.map_or(1, |info| info.unpriv_allowed);
    let text = match error.raw_os_error()? {
        libc::EPERM | libc::EACCES if !is_root() && allowed == 0 => {
            "Only root may save processes here: run this as root, or have the administrator set \
             sysctl kernel.ckpt_unpriv_allowed=1."
        }
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
            "Only who may trace a process may save it: run this as root or as its owner."
        }
        libc::EBUSY if mentions(log, &["not frozen"]) => {
            "Freeze its cgroup or stop it (kill -STOP) first, or leave --no-freeze away."
        }
        libc::EBUSY if mentions(log, &["(ptrace)"]) => "Detach the debugger or tracer first.",
        libc::EBUSY if mentions(log, &["another checkpoint"]) => "Wait until that has ended.",
        libc::EBUSY if mentions(log, &["ran during", "system call"]) => {
            "It was not standing still: try again."
        }
        libc::EBUSY if mentions(log, &["outside of the tree"]) => {
            let fd = descriptor(log)?;
            return Some(format!(
                "Save the tree that has both ends, or leave the descriptor out of the image with \
                 --inherit={fd}; whoever restarts it gives another one for it."
            ));
        }
        libc::ENOMEM if captured => {
            "There is not enough memory for a capture: --no-capture writes while the process is \
             frozen."
        }
        libc::EOPNOTSUPP | libc::EBADF => {
            let fd = descriptor(log)?;
            return Some(format!(
                "Leave the descriptor out of the image with --inherit={fd}; whoever restarts it \
                 gives another one for it."
            ));
        }
        libc::EINVAL if mentions(log, &["container", "init"]) => {
            "Leave --container away to save a process that is not the init of a container."
        }
        libc::ENOSPC | libc::EDQUOT => "Make room, or give another place with --output.",
        libc::EPIPE => "Whoever reads the image has gone away.",
        _ => return None,
    };
    Some(text.to_owned())
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
            "Restart it as the user that it ran as."
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

    #[test]
    fn a_pipe_that_cannot_be_saved_leads_to_inherit() {
        let log = ["[err -95] fd 0: pipe:[123] is not supported".to_owned()];
        let advice = checkpoint(&error(libc::EOPNOTSUPP), &log, None, true);
        assert!(advice.unwrap().contains("--inherit=0;"));
        let log = ["[err -95] the process has a child".to_owned()];
        assert_eq!(checkpoint(&error(libc::EOPNOTSUPP), &log, None, true), None);
    }

    #[test]
    fn a_pipe_to_somebody_else_leads_to_inherit() {
        let log = ["[err -16] fd 1: pipe:[5]: somebody outside of the tree has it, too"];
        let log = log.map(str::to_owned);
        let advice = checkpoint(&error(libc::EBUSY), &log, None, true);
        assert!(advice.unwrap().contains("--inherit=1;"));
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
        let advice = |captured| checkpoint(&error(libc::ENOMEM), &[], None, captured);
        assert!(advice(true).unwrap().contains("--no-capture"));
        assert_eq!(advice(false), None);
    }

    #[test]
    fn a_damaged_image_leads_to_ckptinfo() {
        let advice = restart(&error(libc::EBADMSG), &[], None, "a.ckpt");
        assert!(advice.unwrap().contains("ckptinfo a.ckpt"));
    }
}
