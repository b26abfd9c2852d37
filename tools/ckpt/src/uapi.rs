// SPDX-License-Identifier: GPL-2.0-only

//! The ABI of `/dev/ckpt` as Rust types: what `include/uapi/linux/ckpt.h` says, by hand.
//!
//! This file has only numbers and layouts; a test compares each of them with the header, which tells the
//! meaning of each field.

/// The device node.
pub const DEVICE: &str = "/dev/ckpt";

/// Most entries in an inherit table.
pub const MAX_INHERIT: usize = 64;

/// Most entries in a pid map.
#[cfg(test)]
pub const MAX_PIDS: usize = 4_194_304;

/// Most bytes of image handed over in [`Restart::head`].
pub const MAX_HEAD: usize = 128 << 20;

/// No descriptor.
pub const FD_NONE: i32 = -1;

/// The root need not be the init of a container.
pub const CHECKPOINT_SUBTREE: u32 = 1 << 0;
/// The copies may run with another security label.
pub const CHECKPOINT_OTHER_LABEL: u32 = 1 << 3;
/// The copies may have another session keyring.
pub const CHECKPOINT_OTHER_KEYRING: u32 = 1 << 4;
/// Only what has the caller's credentials.
pub const CHECKPOINT_RESTARTABLE: u32 = 1 << 5;
/// [`Checkpoint::pidfd`] names the root, too.
pub const CHECKPOINT_PIDFD: u32 = 1 << 6;

/// [`IOC_SIGNAL`] is to end or stop what is saved.
pub const CHECKPOINT_KEEP: u32 = 1 << 7;
/// Tell all that stands in the way, and save nothing.
pub const CHECKPOINT_CHECK: u32 = 1 << 8;

/// Leave the tree frozen.
pub const RESTART_FROZEN: u32 = 1 << 1;
/// The caller only holds a pid.
pub const RESTART_GHOST: u32 = 1 << 2;
/// Files may have changed.
pub const RESTART_CHANGED_FILES: u32 = 1 << 5;
/// Clocks may be behind those of the checkpoint.
pub const RESTART_CLOCKS_BACK: u32 = 1 << 6;
/// Each descriptor that is given takes the place of one of the image.
pub const RESTART_INHERIT_ALL: u32 = 1 << 7;

/// [`IOC_CAPTURE`] and [`IOC_WRITE`] work.
pub const FEATURE_CAPTURE: u64 = 1 << 0;
/// [`RESTART_FROZEN`] works.
pub const FEATURE_FROZEN: u64 = 1 << 1;
/// [`IOC_SIGNAL`] and [`CHECKPOINT_KEEP`] work.
pub const FEATURE_SIGNAL: u64 = 1 << 4;

/// Those flags that are wanted.
pub fn chosen(flags: &[(bool, u32)]) -> u32 {
    let wanted = flags.iter().filter(|(wanted, _)| *wanted);
    wanted.fold(0, |all, (_, flag)| all | flag)
}

const MAGIC: u32 = 0xcb;
/// What this kernel, this CPU and this build can do.
pub const IOC_INFO: u32 = MAGIC << 8;
/// Capture and write in one call.
pub const IOC_CHECKPOINT: u32 = MAGIC << 8 | 1;
/// Restart, as coordinator or as a task to be restored.
pub const IOC_RESTART: u32 = MAGIC << 8 | 2;
/// Capture into kernel memory.
pub const IOC_CAPTURE: u32 = MAGIC << 8 | 3;
/// Write what was captured.
pub const IOC_WRITE: u32 = MAGIC << 8 | 4;
/// Freeze a tree until the device is closed.
pub const IOC_FREEZE: u32 = MAGIC << 8 | 5;
/// End or stop what was saved.
pub const IOC_SIGNAL: u32 = MAGIC << 8 | 6;

/// `CKPT_REASON_*`.
pub mod reason {
    /// A task does not stand still.
    pub const NOT_FROZEN: u32 = 1;
    /// A task is in the middle of a system call.
    pub const IN_CALL: u32 = 2;
    /// A task is traced or traces.
    pub const TRACED: u32 = 3;
    /// Another caller is at it.
    pub const BUSY: u32 = 4;
    /// A task ran, came, went or is exiting.
    pub const RAN: u32 = 5;
    /// A process outside of the tree has it, too.
    pub const OUTSIDE: u32 = 6;
    /// A descriptor that has to be left out, or given.
    pub const EXTERNAL: u32 = 7;
    /// A socket.
    pub const SOCKET: u32 = 8;
    /// A descriptor that is to be left out is not there.
    pub const NOT_OPEN: u32 = 9;
    /// Another namespace than the caller's.
    pub const NAMESPACE: u32 = 10;
    /// A security label.
    pub const LABEL: u32 = 11;
    /// A session keyring.
    pub const KEYRING: u32 = 12;
    /// Other credentials than the caller's.
    pub const CREDENTIALS: u32 = 13;
    /// The contents of a file may not be read.
    pub const UNREADABLE: u32 = 14;
    /// Not the init of a container.
    pub const CONTAINER: u32 = 15;
    /// The terminal controls another session.
    pub const SESSION: u32 = 16;
    /// A clock would go back.
    pub const CLOCKS: u32 = 17;
    /// A file has changed.
    pub const CHANGED: u32 = 18;
}

/// [`Error::pid`] is set.
pub const OBJECT_TASK: u32 = 1 << 0;
/// [`Error::fd`] is set.
pub const OBJECT_FD: u32 = 1 << 1;

/// `struct ckpt_error`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Error {
    /// Size of this structure.
    pub size: u32,
    /// errno of the first failure; 0: nothing is known of it.
    pub error: i32,
    /// One of [`reason`], or 0.
    pub reason: u32,
    /// `OBJECT_*`.
    pub objects: u32,
    /// The task at fault.
    pub pid: i32,
    /// Its descriptor.
    pub fd: i32,
    /// Where a mapping of it begins.
    pub address: u64,
}

impl Error {
    /// Nothing is known.
    pub const NOTHING: Error = Error {
        size: size_of::<Error>() as u32,
        error: 0,
        reason: 0,
        objects: 0,
        pid: 0,
        fd: FD_NONE,
        address: 0,
    };

    /// The task at fault.
    pub fn task(&self) -> Option<i32> {
        (self.objects & OBJECT_TASK != 0).then_some(self.pid)
    }

    /// The descriptor at fault.
    pub fn descriptor(&self) -> Option<i32> {
        (self.objects & OBJECT_FD != 0).then_some(self.fd)
    }
}

/// `struct ckpt_inherit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Inherit {
    /// The descriptor's number in the checkpointed process.
    pub image_fd: i32,
    /// The caller's descriptor; 0 at checkpoint.
    pub fd: i32,
}

/// In the place of [`Inherit::image_fd`] at restart: the terminal that takes the place of the one whose
/// master was outside of the tree.
pub const INHERIT_TERMINAL: i32 = -1;

/// `struct ckpt_pid_map`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PidMap {
    /// The pid in the image.
    pub image_pid: i32,
    /// The pid of the live task; 0 until the kernel fills it in.
    pub pid: i32,
}

/// `struct ckpt_checkpoint`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Checkpoint {
    /// Size of this structure.
    pub size: u32,
    /// `CHECKPOINT_*`.
    pub flags: u32,
    /// Root of what is saved.
    pub pid: i32,
    /// Where the image is written.
    pub fd: i32,
    /// Where messages are written.
    pub logfd: i32,
    /// Number of entries at `inherit`.
    pub nr_inherit: u32,
    /// Address of [`Inherit`] entries.
    pub inherit: u64,
    /// A pidfd of the root.
    pub pidfd: i32,
    /// Zero.
    pub reserved: u32,
    /// Address of an [`Error`].
    pub error: u64,
}

/// `struct ckpt_freeze`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Freeze {
    /// Size of this structure.
    pub size: u32,
    /// Zero.
    pub flags: u32,
    /// A pidfd of the root of the tree.
    pub pidfd: i32,
    /// Where messages are written.
    pub logfd: i32,
    /// `cgroup.freeze` of a cgroup that is frozen besides.
    pub cgroup_fd: i32,
    /// Milliseconds that it may take; 0 for no limit.
    pub timeout: u32,
    /// Address of an [`Error`].
    pub error: u64,
}

/// Argument of [`IOC_SIGNAL`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Signal {
    /// Size of this structure.
    pub size: u32,
    /// Zero.
    pub flags: u32,
    /// Id of the checkpoint.
    pub id: i32,
    /// SIGKILL or SIGSTOP.
    pub signal: i32,
    /// Where messages are written.
    pub logfd: i32,
    /// Milliseconds that the tasks may take to exit; 0 for no limit.
    pub timeout: u32,
    /// Milliseconds that are waited, after that, until they have been reaped.
    pub reap: u32,
    /// Zero.
    pub reserved: u32,
    /// Address of an [`Error`].
    pub error: u64,
}

/// `struct ckpt_write`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Write {
    /// Size of this structure.
    pub size: u32,
    /// Zero.
    pub flags: u32,
    /// A capture made through the same open file.
    pub id: i32,
    /// Where the image is written.
    pub fd: i32,
    /// Where messages are written.
    pub logfd: i32,
    /// Zero.
    pub reserved: u32,
}

/// `struct ckpt_restart`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Restart {
    /// Size of this structure.
    pub size: u32,
    /// `RESTART_*`.
    pub flags: u32,
    /// Root of the tree, or 0.
    pub pid: i32,
    /// Where the image is read.
    pub fd: i32,
    /// Where messages are written.
    pub logfd: i32,
    /// Open `cgroup.freeze` file.
    pub cgroup_fd: i32,
    /// Address of what was already read of the image.
    pub head: u64,
    /// Bytes there.
    pub head_len: u64,
    /// Address of [`Inherit`] entries.
    pub inherit: u64,
    /// Address of [`PidMap`] entries.
    pub pids: u64,
    /// Number of entries at `inherit`.
    pub nr_inherit: u32,
    /// Number of entries at `pids`.
    pub nr_pids: u32,
    /// With `pid` 0, which task of the image the caller stands for.
    pub image_pid: i32,
    /// Zero.
    pub reserved: u32,
    /// Address of an [`Error`].
    pub error: u64,
}

impl Restart {
    /// No descriptor, no array, no task.
    pub const NOTHING: Restart = Restart {
        size: 0,
        flags: 0,
        pid: 0,
        fd: FD_NONE,
        logfd: FD_NONE,
        cgroup_fd: FD_NONE,
        head: 0,
        head_len: 0,
        inherit: 0,
        pids: 0,
        nr_inherit: 0,
        nr_pids: 0,
        image_pid: 0,
        reserved: 0,
        error: 0,
    };
}

/// `struct ckpt_info`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Info {
    /// Size of this structure.
    pub size: u32,
    /// Revision of the ABI.
    pub abi: u32,
    /// Revision of the image format.
    pub format: u32,
    /// The sysctl kernel.ckpt_unpriv_allowed.
    pub unpriv_allowed: u32,
    /// `FEATURE_*`.
    pub features: u64,
    /// Incompatible image features that are understood.
    pub image_incompat: u64,
    /// Compatible image features that are understood.
    pub image_compat: u64,
    /// Most tasks in one image.
    pub max_tasks: u32,
    /// Unexported kernel symbols in use.
    pub nr_symbols: u32,
    /// Release of the kernel that the module was built for, with a NUL.
    pub release: [u8; 64],
}

const _: () = assert!(size_of::<Inherit>() == 8);
const _: () = assert!(size_of::<PidMap>() == 8);
const _: () = assert!(size_of::<Checkpoint>() == 48);
const _: () = assert!(size_of::<Freeze>() == 32);
const _: () = assert!(size_of::<Signal>() == 40);
const _: () = assert!(size_of::<Write>() == 24);
const _: () = assert!(size_of::<Restart>() == 80);
const _: () = assert!(size_of::<Error>() == 32);
const _: () = assert!(size_of::<Info>() == 112);

#[cfg(test)]
mod tests {
    use std::{
        mem::offset_of,
        process::Command, //
    };

    use super::*;

    /// What the header should give for each C expression.
    fn wanted() -> Vec<(String, u64)> {
        let mut list = Vec::new();
        macro_rules! constants {
            ($($c:literal => $rust:expr,)*) => {
                $(list.push(($c.to_string(), $rust as u64));)*
            };
        }
        macro_rules! layout {
            ($c:literal, $rust:ty { $($field:ident),* }) => {
                list.push((format!("sizeof(struct {})", $c), size_of::<$rust>() as u64));
                $(list.push((
                    format!("offsetof(struct {}, {})", $c, stringify!($field)),
                    offset_of!($rust, $field) as u64,
                ));)*
            };
        }
        constants! {
            "CKPT_MAX_INHERIT" => MAX_INHERIT,
            "CKPT_MAX_PIDS" => MAX_PIDS,
            "CKPT_MAX_HEAD" => MAX_HEAD,
            "CKPT_FD_NONE" => FD_NONE as i64,
            "CHECKPOINT_SUBTREE" => CHECKPOINT_SUBTREE,
            "CHECKPOINT_OTHER_LABEL" => CHECKPOINT_OTHER_LABEL,
            "CHECKPOINT_OTHER_KEYRING" => CHECKPOINT_OTHER_KEYRING,
            "CHECKPOINT_RESTARTABLE" => CHECKPOINT_RESTARTABLE,
            "CHECKPOINT_PIDFD" => CHECKPOINT_PIDFD,
            "CHECKPOINT_CHECK" => CHECKPOINT_CHECK,
            "CKPT_REASON_NOT_FROZEN" => reason::NOT_FROZEN,
            "CKPT_REASON_IN_CALL" => reason::IN_CALL,
            "CKPT_REASON_TRACED" => reason::TRACED,
            "CKPT_REASON_BUSY" => reason::BUSY,
            "CKPT_REASON_RAN" => reason::RAN,
            "CKPT_REASON_OUTSIDE" => reason::OUTSIDE,
            "CKPT_REASON_EXTERNAL" => reason::EXTERNAL,
            "CKPT_REASON_SOCKET" => reason::SOCKET,
            "CKPT_REASON_NOT_OPEN" => reason::NOT_OPEN,
            "CKPT_REASON_NAMESPACE" => reason::NAMESPACE,
            "CKPT_REASON_LABEL" => reason::LABEL,
            "CKPT_REASON_KEYRING" => reason::KEYRING,
            "CKPT_REASON_CREDENTIALS" => reason::CREDENTIALS,
            "CKPT_REASON_UNREADABLE" => reason::UNREADABLE,
            "CKPT_REASON_CONTAINER" => reason::CONTAINER,
            "CKPT_REASON_SESSION" => reason::SESSION,
            "CKPT_REASON_CLOCKS" => reason::CLOCKS,
            "CKPT_REASON_CHANGED" => reason::CHANGED,
            "CKPT_OBJECT_TASK" => OBJECT_TASK,
            "CKPT_OBJECT_FD" => OBJECT_FD,
            "RESTART_FROZEN" => RESTART_FROZEN,
            "RESTART_GHOST" => RESTART_GHOST,
            "RESTART_CHANGED_FILES" => RESTART_CHANGED_FILES,
            "RESTART_CLOCKS_BACK" => RESTART_CLOCKS_BACK,
            "RESTART_INHERIT_ALL" => RESTART_INHERIT_ALL,
            "CKPT_FEATURE_CAPTURE" => FEATURE_CAPTURE,
            "CKPT_FEATURE_FROZEN" => FEATURE_FROZEN,
            "CKPT_IOC_INFO" => IOC_INFO,
            "CKPT_IOC_CHECKPOINT" => IOC_CHECKPOINT,
            "CKPT_IOC_RESTART" => IOC_RESTART,
            "CKPT_IOC_CAPTURE" => IOC_CAPTURE,
            "CKPT_IOC_WRITE" => IOC_WRITE,
            "CKPT_IOC_FREEZE" => IOC_FREEZE,
            "CKPT_IOC_SIGNAL" => IOC_SIGNAL,
        }
        layout!("ckpt_inherit", Inherit { image_fd, fd });
        layout!("ckpt_pid_map", PidMap { image_pid, pid });
        layout!(
            "ckpt_checkpoint",
            Checkpoint {
                size,
                flags,
                pid,
                fd,
                logfd,
                nr_inherit,
                inherit,
                pidfd,
                reserved,
                error
            }
        );
        layout!(
            "ckpt_freeze",
            Freeze {
                size,
                flags,
                pidfd,
                logfd,
                cgroup_fd,
                timeout,
                error
            }
        );
        layout!(
            "ckpt_signal",
            Signal {
                size,
                flags,
                id,
                signal,
                logfd,
                timeout,
                reap,
                reserved,
                error
            }
        );
        layout!(
            "ckpt_error",
            Error {
                size,
                error,
                reason,
                objects,
                pid,
                fd,
                address
            }
        );
        layout!(
            "ckpt_write",
            Write {
                size,
                flags,
                id,
                fd,
                logfd,
                reserved
            }
        );
        layout!(
            "ckpt_restart",
            Restart {
                size,
                flags,
                pid,
                fd,
                logfd,
                cgroup_fd,
                head,
                head_len,
                inherit,
                pids,
                nr_inherit,
                nr_pids,
                image_pid,
                reserved,
                error
            }
        );
        layout!(
            "ckpt_info",
            Info {
                size,
                abi,
                format,
                unpriv_allowed,
                features,
                image_incompat,
                image_compat,
                max_tasks,
                nr_symbols,
                release
            }
        );
        list
    }

    #[test]
    fn layouts_and_numbers_are_those_of_the_header() {
        let wanted = wanted();
        let mut program = String::from(
            "#include <stddef.h>\n#include <stdio.h>\n#include \"linux/ckpt.h\"\nint main(void)\n{\n",
        );
        for (expression, _) in &wanted {
            program += &format!("printf(\"%llu\\n\", (unsigned long long)({expression}));\n");
        }
        program += "puts(CKPT_DEVICE);\nreturn 0;\n}\n";

        let base = std::env::temp_dir().join(format!("ckpt-uapi-{}", std::process::id()));
        let source = base.with_extension("c");
        std::fs::write(&source, program).unwrap();
        let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include/uapi");
        let compiled = Command::new("cc")
            .arg(format!("-I{include}"))
            .arg(&source)
            .arg("-o")
            .arg(&base)
            .status();
        std::fs::remove_file(&source).unwrap();
        let Ok(status) = compiled else {
            eprintln!("skipped: there is no C compiler here");
            return;
        };
        assert!(status.success());
        let output = Command::new(&base).output().unwrap();
        std::fs::remove_file(&base).unwrap();

        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.lines();
        for (expression, value) in wanted {
            assert_eq!(lines.next(), Some(&*value.to_string()), "{expression}");
        }
        assert_eq!(lines.next(), Some(DEVICE));
    }
}
