// SPDX-License-Identifier: GPL-2.0-only

//! The ioctls themselves, for what the tools would not let through. See `include/uapi/linux/ckpt.h`.

use std::{
    fs::File,
    os::fd::AsRawFd, //
};

use anyhow::{
    Context,
    Result, //
};
use nix::errno::Errno;

const CHECKPOINT: libc::c_ulong = 0xcb01;
const RESTART: libc::c_ulong = 0xcb02;
/// `CKPT_IOC_RESTART` as /proc/PID/syscall shows it.
pub const RESTART_WORD: &str = "0xcb02";

/// `CHECKPOINT_SUBTREE`
pub const SUBTREE: u32 = 1;
const CHECK: u32 = 1 << 8;
const NO_FD: i32 = -1;
/// `RESTART_TASKSELF`
const TASKSELF: u32 = 1;
/// `CKPT_FD_NONE`
const NONE: i32 = -1;

/// `struct ckpt_checkpoint`
#[repr(C)]
struct Checkpoint {
    size: u32,
    flags: u32,
    pid: i32,
    fd: i32,
    logfd: i32,
    nr_inherit: u32,
    inherit: u64,
}

/// `struct ckpt_restart`
#[repr(C)]
struct Restart {
    size: u32,
    flags: u32,
    pid: i32,
    fd: i32,
    logfd: i32,
    cgroup_fd: i32,
    head: u64,
    head_len: u64,
    inherit: u64,
    pids: u64,
    nr_inherit: u32,
    nr_pids: u32,
    image_pid: i32,
    reserved: u32,
}

/// The open device.
pub struct Device(File);

/// Where a child goes, and as whom.
pub struct Child<'a> {
    /// `cgroup.procs` of a control group.
    pub procs: &'a File,
    /// An ordinary user, when not the superuser.
    pub user: Option<u32>,
}

impl Device {
    /// Opens it.
    pub fn open() -> Result<Self> {
        let file = File::options().read(true).write(true).open("/dev/ckpt");
        Ok(Device(file.context("open /dev/ckpt")?))
    }

    /// Saves the tree below `pid`; the id.
    pub fn checkpoint(&self, pid: i32, image: &File, log: &File) -> Result<i32, Errno> {
        self.look(SUBTREE, pid, image.as_raw_fd(), log)
    }

    /// Looks for all that keeps the tree below `pid` from being saved; how much that is.
    pub fn check(&self, pid: i32, log: &File) -> Result<i32, Errno> {
        self.look(SUBTREE | CHECK, pid, NO_FD, log)
    }

    fn look(&self, flags: u32, pid: i32, fd: i32, log: &File) -> Result<i32, Errno> {
        let argument = Checkpoint {
            size: size_of::<Checkpoint>() as u32,
            flags,
            pid,
            fd,
            logfd: log.as_raw_fd(),
            nr_inherit: 0,
            inherit: 0,
        };
        // SAFETY: the argument is a structure of the ABI, its descriptors are open.
        Errno::result(unsafe {
            libc::ioctl(self.0.as_raw_fd(), CHECKPOINT as _, &raw const argument)
        })
    }

    /// Starts a child in a control group and has an image restored onto it. When that fails before
    /// the point of no return the child exits with the errno.
    pub fn restart_in_child(&self, image: &File, log: &File, child: &Child<'_>) -> Result<i32> {
        in_child(child, || self.restart(&restart(TASKSELF, 0, image, log)))
    }

    /// Starts a child in a control group which coordinates the restart of an image. Its only child
    /// offers itself as the root of the tree, and dies with it.
    pub fn coordinate_in_child(&self, image: &File, log: &File, child: &Child<'_>) -> Result<i32> {
        in_child(child, || {
            // SAFETY: the child makes system calls only, and does not return from here.
            match unsafe { libc::fork() } {
                0 => {
                    // SAFETY: a plain system call.
                    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                    let error = self.restart(&Restart {
                        fd: NONE,
                        logfd: NONE,
                        ..restart(0, 0, image, log)
                    });
                    // SAFETY: the child ends.
                    unsafe { libc::_exit(error as i32) }
                }
                root => {
                    let error = self.restart(&restart(0, root, image, log));
                    // SAFETY: plain system calls about a child of ours.
                    unsafe {
                        libc::kill(root, libc::SIGKILL);
                        libc::waitpid(root, std::ptr::null_mut(), 0);
                    }
                    error
                }
            }
        })
    }

    /// The ioctl; when it returns without an error, that is one of its own.
    fn restart(&self, argument: &Restart) -> Errno {
        // SAFETY: the argument is a structure of the ABI, its descriptors are open. That the caller
        // is replaced is what it is for.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), RESTART as _, argument) };
        match result {
            0 => Errno::UnknownErrno,
            _ => Errno::last(),
        }
    }
}

/// An argument with nothing special in it.
fn restart(flags: u32, pid: i32, image: &File, log: &File) -> Restart {
    Restart {
        size: size_of::<Restart>() as u32,
        flags,
        pid,
        fd: image.as_raw_fd(),
        logfd: log.as_raw_fd(),
        cgroup_fd: NONE,
        head: 0,
        head_len: 0,
        inherit: 0,
        pids: 0,
        nr_inherit: 0,
        nr_pids: 0,
        image_pid: 0,
        reserved: 0,
    }
}

impl Child<'_> {
    /// Makes the caller one; system calls only.
    fn enter(&self) -> Result<(), Errno> {
        // SAFETY: a descriptor of ours and a byte that lives.
        Errno::result(unsafe { libc::write(self.procs.as_raw_fd(), b"0".as_ptr().cast(), 1) })?;
        let Some(user) = self.user else {
            return Ok(());
        };
        // SAFETY: plain system calls; no group is named.
        unsafe {
            Errno::result(libc::setgroups(0, std::ptr::null()))?;
            Errno::result(libc::setresgid(user, user, user))?;
            Errno::result(libc::setresuid(user, user, user))?;
            // As after an execve: who coordinates needs the right to attach to the other.
            Errno::result(libc::prctl(libc::PR_SET_DUMPABLE, 1))?;
        }
        Ok(())
    }
}

/// Runs something in a child; it exits with the errno.
fn in_child(child: &Child<'_>, run: impl FnOnce() -> Errno) -> Result<i32> {
    // SAFETY: the child makes system calls only, and does not return from here.
    match Errno::result(unsafe { libc::fork() }).context("fork")? {
        0 => {
            let error = child.enter().map_or_else(|error| error, |()| run());
            // SAFETY: the child ends.
            unsafe { libc::_exit(error as i32) }
        }
        pid => Ok(pid),
    }
}
