// SPDX-License-Identifier: GPL-2.0-only

//! Pseudo-terminals (drivers/tty/pty.c): what they are set to, making them.
//!
//! What their line disciplines hold is in [`n_tty`](crate::sys::n_tty).

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::CStr, //
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    contents,
    errno,
    file::File,
    pid::Pid,
    scratch,
    task::Task, //
};

/// Number and users of a pseudo-terminal, and what an open file of it is.
pub(crate) type State = bindings::ckpt_pty;

/// Modes, size and flags of one end.
pub(crate) type Settings = bindings::ckpt_pty_end;

/// Modes and control characters.
pub(crate) type Termios = bindings::ckpt_termios;

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// What emulates the terminal.
    Master,
    /// What looks like one.
    Slave,
}

impl End {
    pub(in crate::sys) fn is_master(self) -> bool {
        self == End::Master
    }
}

/// The pseudo-terminal that a file is an end of; `None` for any other file.
pub(crate) fn state(file: &File) -> Option<State> {
    let mut state = State::default();
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_pty_state(file.as_ptr(), &mut state) }.then_some(state)
}

/// An address that stands for the pseudo-terminal as long as one of its ends is held; 0 for any other
/// file.
pub(crate) fn key(file: &File) -> usize {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_pty_key(file.as_ptr()) as usize }
}

/// An open end of a pseudo-terminal. No other task uses it, or those that do stand still.
pub(crate) struct Pty<'a>(&'a File);

impl<'a> Pty<'a> {
    /// `None` when the file is no end of one.
    pub(crate) fn of(file: &'a File) -> Option<Self> {
        (key(file) != 0).then_some(Pty(file))
    }

    /// The open file of its master, unless it has been closed.
    pub(crate) fn master(&self) -> Option<File> {
        // SAFETY: The file is an end; the result carries a reference or is NULL.
        unsafe { File::from_raw(bindings::ckpt_pty_master(self.as_ptr())) }
    }

    /// How many open files its master and its slave have. All of them are gone through.
    pub(crate) fn opens(&self) -> (u32, u32) {
        let (mut masters, mut slaves) = (0, 0);
        // SAFETY: The file is an end.
        unsafe { bindings::ckpt_pty_opens(self.as_ptr(), &mut masters, &mut slaves) };
        (masters, slaves)
    }

    /// Waits until nothing moves between the ends any more.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn settle(&self) -> Result {
        // SAFETY: The file is an end. Holds no lock.
        to_result(unsafe { bindings::ckpt_pty_settle(self.as_ptr()) })
    }

    /// Modes, size and flags of an end.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn get(&self, end: End) -> Result<Settings> {
        let mut settings = Settings::default();
        // SAFETY: The file is an end.
        let got = unsafe { bindings::ckpt_pty_get(self.as_ptr(), end.is_master(), &mut settings) };
        to_result(got).map(|()| settings)
    }

    /// Sets the modes of an end, which has received nothing.
    pub(crate) fn set_termios(&self, end: End, settings: &Settings) {
        // SAFETY: The file is an end; the kernel takes any modes from user space as well.
        unsafe { bindings::ckpt_pty_set_termios(self.as_ptr(), end.is_master(), settings) };
    }

    /// Sets size and flags of an end, but not whether the slave is locked. No signal is sent.
    pub(crate) fn set(&self, end: End, settings: &Settings) {
        // SAFETY: The file is an end.
        unsafe { bindings::ckpt_pty_set(self.as_ptr(), end.is_master(), settings) };
    }

    /// Locks the slave or lets it be opened, as the settings of the master say.
    pub(crate) fn set_lock(&self, master: &Settings) {
        // SAFETY: The file is an end.
        unsafe { bindings::ckpt_pty_set_lock(self.as_ptr(), master) };
    }

    /// Type and permissions, owner and group of the slave.
    pub(crate) fn owner(&self) -> (u32, u32, u32) {
        let (mut mode, mut uid, mut gid) = (0, 0, 0);
        // SAFETY: The file is an end, and its master is open: the node is there.
        unsafe { bindings::ckpt_pty_owner(self.as_ptr(), &mut mode, &mut uid, &mut gid) };
        (mode, uid, gid)
    }

    /// Sets them, as far as they are others. The file is the master. Its slave is not opened for
    /// that, so that it can stay locked.
    ///
    /// # Errors
    ///
    /// Those of chmod(2) and chown(2).
    pub(crate) fn set_owner(&self, mode: u32, owner: [u32; 2]) -> Result {
        let node = scratch::make(
            // SAFETY: The file is the master. The result is a descriptor of the caller or an error.
            || unsafe { bindings::ckpt_pty_open_node(self.as_ptr()) },
            // SAFETY: Both files are valid, and the first is the master.
            |file| unsafe { bindings::ckpt_pty_is_node(self.as_ptr(), file.as_ptr()) },
            |_, _| Ok(()),
        )?;
        let result = contents::set_owner(&node, mode, owner);
        node.close_now();
        result
    }

    /// Opens the slave. The file is the master.
    pub(crate) fn open_slave(&self, flags: u32) -> Result<File> {
        scratch::make(
            // SAFETY: The file is the master. The result is a descriptor of the caller or an error.
            || unsafe { bindings::ckpt_pty_open_slave(self.as_ptr(), flags as i32) },
            |file| key(file) == key(self.0) && state(file).is_some_and(|state| !state.is_master),
            |_, _| Ok(()),
        )
    }

    /// Opens the slave by a node, which leads to whatever terminal the caller has. The file is the
    /// master, or the slave of a terminal from outside that the caller may open.
    ///
    /// # Errors
    ///
    /// `ESTALE` when the node is not that of /dev/tty; those of open(2).
    pub(crate) fn open_tty(&self, node: &File, flags: u32) -> Result<File> {
        // SAFETY: Both files are valid, the first is an end, and no other thread of the caller runs.
        let raw =
            unsafe { bindings::ckpt_pty_open_tty(self.as_ptr(), node.as_ptr(), flags as i32) };
        // SAFETY: The reference is ours.
        unsafe { File::from_raw(from_err_ptr(raw)?) }.ok_or(ENOENT)
    }

    /// Which session it controls, and the group in its foreground.
    pub(crate) fn session(&self) -> (Option<Pid>, Option<Pid>) {
        let (mut session, mut group) = (core::ptr::null_mut(), core::ptr::null_mut());
        // SAFETY: The file is an end; the results are NULL or carry references.
        unsafe {
            bindings::ckpt_pty_session(self.as_ptr(), &mut session, &mut group);
            (Pid::from_owned(session), Pid::from_owned(group))
        }
    }

    /// Has it control a session that has no terminal.
    ///
    /// # Errors
    ///
    /// `EBUSY` when it controls one already.
    pub(crate) fn set_session(&self, session: &Pid, group: &Pid) -> Result {
        // SAFETY: All are valid; references are taken.
        to_result(unsafe {
            bindings::ckpt_pty_set_session(self.as_ptr(), session.as_ptr(), group.as_ptr())
        })
    }

    /// Has it control a session, whose leader gets it, with a group in its foreground, which gets a
    /// SIGWINCH.
    ///
    /// # Errors
    ///
    /// `EPERM` when it controls one already, or the file is not open for reading; `ESRCH` when the
    /// leader dies, or has another one.
    pub(crate) fn claim(&self, session: &Pid, group: &Pid) -> Result {
        // SAFETY: All are valid; references are taken.
        to_result(unsafe {
            bindings::ckpt_pty_claim(self.as_ptr(), session.as_ptr(), group.as_ptr())
        })
    }

    /// Gives a process, which has none, the terminal of its session.
    ///
    /// # Errors
    ///
    /// `EPERM` when this is not the one, or it has one, or is dead.
    pub(crate) fn give(&self, task: &Task) -> Result {
        // SAFETY: Both are valid.
        to_result(unsafe { bindings::ckpt_pty_give(self.as_ptr(), task.raw()) })
    }

    /// Sets the modes of the slave as far as a task that uses it could.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn adopt(&self, modes: &Termios) -> Result {
        // SAFETY: The file is an end; the kernel takes any modes from user space as well.
        to_result(unsafe { bindings::ckpt_pty_adopt(self.as_ptr(), modes) })
    }

    /// Bytes that wait for the line discipline of an end, at most `room`, and how many of them have
    /// been searched for characters that stop the flow.
    pub(crate) fn waiting(&self, end: End, room: usize) -> Result<(KVVec<u8>, u32)> {
        let mut bytes = KVVec::from_elem(0u8, room, GFP_KERNEL_ACCOUNT)?;
        let mut looked_ahead = 0;
        // SAFETY: The file is an end; there is as much room as is said.
        let len = unsafe {
            bindings::ckpt_pty_waiting(
                self.as_ptr(),
                end.is_master(),
                bytes.as_mut_ptr(),
                bytes.len(),
                &mut looked_ahead,
            )
        };
        let len = usize::try_from(len).map_err(|_| Error::from_errno(len as i32))?;
        bytes.truncate(len);
        Ok((bytes, looked_ahead))
    }

    /// Lets bytes wait for the line discipline of an end.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn wait(&self, end: End, bytes: &[u8], looked_ahead: u32) -> Result {
        // SAFETY: The file is an end; the slice is valid for its length.
        let fit = unsafe {
            bindings::ckpt_pty_wait(
                self.as_ptr(),
                end.is_master(),
                bytes.as_ptr(),
                bytes.len(),
                looked_ahead,
            )
        };
        fit.then_some(()).ok_or(ENOMEM)
    }

    pub(in crate::sys) fn as_ptr(&self) -> *mut bindings::file {
        self.0.as_ptr()
    }
}

/// The open master of a task's controlling terminal, if that is a pseudo-terminal.
///
/// # Errors
///
/// `EINTR` when the caller is being killed.
pub(crate) fn controlling(task: &Task) -> Result<Option<File>> {
    // SAFETY: The task is valid; the result is an error, NULL or carries a reference.
    unsafe {
        let master = from_err_ptr(bindings::ckpt_pty_controlling(task.raw()))?;
        Ok(File::from_raw(master))
    }
}

/// Opens the master of a new pseudo-terminal with a given number.
///
/// # Errors
///
/// `EBUSY` when another terminal has the number, `ESTALE` when the path leads to something else, `EINTR`
/// when the caller is being killed, and what opening it gives.
pub(crate) fn open_master(path: &CStr, flags: u32, index: u32) -> Result<File> {
    let any = File::open(path, flags)?;
    let found = state(&any)
        .filter(|state| state.is_master)
        .ok_or(errno::estale())?;
    if found.index == index {
        return Ok(any);
    }
    // SAFETY: The file is a master, which keeps its instance; the numbers have locks of their own.
    let raw = unsafe {
        let instance = bindings::ckpt_pty_instance(any.as_ptr()).cast::<btf::pts_fs_info>();
        let numbers = core::ptr::addr_of_mut!((*instance).allocated_ptys);
        bindings::ckpt_pty_open_master(numbers.cast(), any.as_ptr(), flags as i32, index)
    };
    any.close_now();
    // SAFETY: The reference is ours.
    unsafe { File::from_raw(from_err_ptr(raw)?) }.ok_or(ENOENT)
}
