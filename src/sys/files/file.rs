// SPDX-License-Identifier: GPL-2.0-only

//! Open files: reading, writing, opening, descriptors, locks.

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::{
        CStr,
        CStrExt, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

use super::path::{
    leads_to,
    PathBuffer, //
};
use crate::sys::{
    self,
    bindings,
    task::Task, //
};

/// An open file description, with a reference.
pub(crate) struct File(core::ptr::NonNull<bindings::file>);

// SAFETY: References to a `struct file` may be held and dropped on any thread.
unsafe impl Send for File {}
// SAFETY: All methods leave locking to the kernel.
unsafe impl Sync for File {}

/// Asks a closure about a file that the caller of this keeps.
///
/// # Safety
///
/// The file is valid, and `arg` leads to a `W`.
unsafe extern "C" fn is_wanted<W: Fn(&File) -> bool>(
    file: *mut bindings::file,
    arg: *mut core::ffi::c_void,
) -> bool {
    // SAFETY: The caller's promise. The reference is not ours to give back.
    let Some(file) = (unsafe { File::from_raw(file) }).map(core::mem::ManuallyDrop::new) else {
        return false;
    };
    // SAFETY: The caller's promise.
    let wanted = unsafe { &*arg.cast_const().cast::<W>() };
    wanted(&file)
}

impl Clone for File {
    fn clone(&self) -> Self {
        // SAFETY: The file is valid; takes another reference.
        unsafe { bindings::get_file(self.as_ptr()) };
        File(self.0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns.
        unsafe { bindings::fput(self.as_ptr()) };
    }
}

/// What a file is, as far as code outside of `sys` asks.
pub(crate) type Stat = bindings::ckpt_stat;

/// A lock on a file.
pub(crate) type Lock = bindings::ckpt_lock;

impl File {
    /// Takes over a reference. `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a file whose reference is given away.
    pub(in crate::sys) unsafe fn from_raw(raw: *mut bindings::file) -> Option<Self> {
        core::ptr::NonNull::new(raw).map(File)
    }

    /// Takes a reference to a file.
    ///
    /// # Safety
    ///
    /// `raw` is valid.
    pub(in crate::sys) unsafe fn from_borrowed(raw: *mut bindings::file) -> Option<Self> {
        let file = core::ptr::NonNull::new(raw)?;
        // SAFETY: The caller's promise.
        unsafe { bindings::get_file(raw) };
        Some(File(file))
    }

    /// The file behind the reference that a driver's operation is given.
    pub(crate) fn of(file: &kernel::fs::File) -> Self {
        // SAFETY: The reference is to a valid file.
        unsafe { bindings::get_file(file.as_ptr()) };
        // SAFETY: Never NULL.
        File(unsafe { core::ptr::NonNull::new_unchecked(file.as_ptr()) })
    }

    pub(in crate::sys) fn as_ptr(&self) -> *mut bindings::file {
        self.0.as_ptr()
    }

    /// An address that stands for the file as long as a reference is held.
    pub(crate) fn key(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// An address that stands for what it is open on as long as a reference is held.
    pub(crate) fn inode_key(&self) -> usize {
        // SAFETY: The inode of an open file does not change; its address is only compared.
        unsafe { (*self.as_ptr()).f_inode as usize }
    }

    /// The caller's descriptor.
    ///
    /// # Errors
    ///
    /// `EBADF` when there is none of this number.
    pub(crate) fn get(fd: i32) -> Result<Self> {
        let fd = u32::try_from(fd).map_err(|_| EBADF)?;
        // SAFETY: Looks the number up and takes a reference.
        unsafe { Self::from_raw(bindings::fget(fd)) }.ok_or(EBADF)
    }

    /// The same, also for one that was opened with O_PATH.
    pub(in crate::sys) fn get_raw(fd: i32) -> Result<Self> {
        let fd = u32::try_from(fd).map_err(|_| EBADF)?;
        // SAFETY: As above.
        unsafe { Self::from_raw(bindings::fget_raw(fd)) }.ok_or(EBADF)
    }

    /// The next descriptor of a task from `fd` on.
    pub(crate) fn next_of(task: &Task, fd: u32) -> Option<(u32, Self)> {
        let mut fd = fd;
        // SAFETY: The task is valid; the function locks what it looks at and takes a reference.
        let file = unsafe { Self::from_raw(bindings::fget_task_next(task.raw(), &mut fd)) }?;
        Some((fd, file))
    }

    /// The first descriptor of a task whose file is one that `wanted` says yes to, which must not sleep, and gets
    /// a file that is there for the moment only. No reference to any file of the task is taken.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub(crate) fn number_in<W: Fn(&Self) -> bool>(task: &Task, wanted: &W) -> Result<Option<u32>> {
        let arg = core::ptr::from_ref(wanted).cast_mut().cast();
        let mut fd = 0;
        while fd != u32::MAX {
            sys::check_signal()?;
            // SAFETY: The task is valid; the callback gets what it is written for, and is not kept.
            if unsafe {
                bindings::ckpt_find_descriptor(task.raw(), &mut fd, Some(is_wanted::<W>), arg)
            } {
                return Ok(Some(fd));
            }
        }
        Ok(None)
    }

    /// Opens a path with the caller's credentials, root and working directory.
    pub(crate) fn open(path: &CStr, flags: u32) -> Result<Self> {
        // SAFETY: The path ends with a NUL.
        let raw = unsafe { bindings::filp_open(path.as_char_ptr(), flags as i32, 0) };
        let raw = from_err_ptr(raw)?;
        // SAFETY: The reference is ours.
        unsafe { Self::from_raw(raw) }.ok_or(ENOENT)
    }

    /// How many references there are to it.
    pub(crate) fn references(&self) -> u64 {
        // SAFETY: The file is valid.
        unsafe { bindings::ckpt_file_count(self.as_ptr()) as u64 }
    }

    /// Opens once more what this file is open on, with the caller's credentials.
    ///
    /// # Errors
    ///
    /// Those of open(2): for more than what the file is open for, permission is asked.
    pub(crate) fn open_again(&self, flags: u32) -> Result<Self> {
        // SAFETY: The file is valid; the result is an error or carries a reference.
        let raw = from_err_ptr(unsafe { bindings::ckpt_open_again(self.as_ptr(), flags) })?;
        // SAFETY: The reference is ours.
        unsafe { Self::from_raw(raw) }.ok_or(ENOENT)
    }

    /// Gives the reference back. If it is the last one the file is closed before this returns, not
    /// when the caller leaves the kernel.
    pub(crate) fn close_now(self) {
        let raw = core::mem::ManuallyDrop::new(self).as_ptr();
        // SAFETY: The reference that this value owned. The caller may sleep and holds no lock of a
        // file system.
        unsafe { bindings::__fput_sync(raw) };
    }

    /// The executable of a task.
    pub(crate) fn exe_of(task: &Task) -> Option<Self> {
        // SAFETY: The task is valid; the result carries a reference or is NULL.
        unsafe { Self::from_raw(bindings::ckpt_sym_get_task_exe_file(task.raw())) }
    }

    /// Whether it can be written to and nothing counts it as a writer: the kernel has made it with its
    /// inode, as memfd_create(2) does. An opened one would keep the inode from being executed.
    pub(crate) fn is_uncounted_writer(&self) -> bool {
        const FMODE_WRITE: u32 = 1 << 1;
        const FMODE_WRITER: u32 = 1 << 16;
        self.mode() & (FMODE_WRITE | FMODE_WRITER) == FMODE_WRITE
    }

    fn mode(&self) -> u32 {
        // SAFETY: Does not change while the file is open.
        unsafe { (*self.as_ptr()).f_mode }
    }

    /// Open for writing.
    pub(crate) fn is_writable(&self) -> bool {
        self.mode() & 2 != 0
    }

    /// Open for reading.
    pub(crate) fn is_readable(&self) -> bool {
        self.mode() & 1 != 0
    }

    /// Whether it can be written from kernel memory. Asking for it in vain is a kernel warning.
    pub(crate) fn takes_kernel_memory(&self) -> bool {
        // SAFETY: The operations of an open file do not change.
        unsafe { (*(*self.as_ptr()).f_op).write_iter.is_some() }
    }

    /// Whether it can be read into kernel memory.
    pub(crate) fn gives_kernel_memory(&self) -> bool {
        // SAFETY: As above.
        unsafe { (*(*self.as_ptr()).f_op).read_iter.is_some() }
    }

    /// Whether the caller could execute it.
    pub(crate) fn is_executable(&self) -> bool {
        // SAFETY: The file is valid.
        unsafe { bindings::ckpt_may_execute(self.as_ptr()) }
    }

    /// Checks that the caller could open it again as it is, as far as that can be told without waiting for
    /// its file system.
    ///
    /// # Errors
    ///
    /// `EACCES`, `EPERM`, `EROFS`.
    pub(crate) fn allows_reopening(&self) -> Result {
        // SAFETY: The file is valid.
        to_result(unsafe { bindings::ckpt_file_allows(self.as_ptr()) })
    }

    /// O_* flags.
    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: A word that is read once.
        unsafe { core::ptr::addr_of!((*self.as_ptr()).f_flags).read_volatile() }
    }

    /// Sets those O_* flags that are in `mask` and that fcntl(2) can change.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) F_SETFL.
    pub(crate) fn set_flags(&self, mask: u32, flags: u32) -> Result {
        // SAFETY: The file is valid; the helper locks.
        to_result(unsafe { bindings::ckpt_set_file_flags(self.as_ptr(), mask, flags) })
    }

    /// Sets the permissions of what it is open on, when they are others, as chmod(2) does.
    pub(crate) fn set_permissions(&self, mode: u32) -> Result {
        // SAFETY: The file is valid.
        to_result(unsafe { bindings::ckpt_set_mode(self.as_ptr(), mode) })
    }

    /// Position in bytes.
    pub(crate) fn position(&self) -> i64 {
        // SAFETY: A word that is read once; a task that could move it stands still or is the caller.
        unsafe { core::ptr::addr_of!((*self.as_ptr()).f_pos).read_volatile() }
    }

    /// Whether reading and writing move a position.
    pub(crate) fn has_position(&self) -> bool {
        const STREAM: u32 = 1 << 21;
        self.mode() & STREAM == 0
    }

    /// Sets the position without asking the file system: for a position that it gave itself.
    pub(crate) fn set_position(&self, position: i64) {
        // SAFETY: A word; no other task uses the file yet, or it is the caller's image.
        unsafe { core::ptr::addr_of_mut!((*self.as_ptr()).f_pos).write_volatile(position) };
    }

    /// Moves the position as lseek(2) does.
    pub(crate) fn seek(&self, position: i64) -> Result {
        // SAFETY: The file is valid.
        let at = unsafe { bindings::vfs_llseek(self.as_ptr(), position, 0) };
        if at < 0 {
            return Err(Error::from_errno(at as i32));
        }
        Ok(())
    }

    /// What it is.
    pub(crate) fn stat(&self) -> Stat {
        let mut stat = Stat::default();
        // SAFETY: The file is valid.
        unsafe { bindings::ckpt_stat(self.as_ptr(), &mut stat) };
        stat
    }

    /// Its path as the caller sees it.
    ///
    /// # Errors
    ///
    /// `ENAMETOOLONG`.
    pub(crate) fn path<'a>(&self, buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
        // SAFETY: The path belongs to the open file.
        unsafe { buffer.print(bindings::ckpt_file_path(self.as_ptr())) }
    }

    /// Whether a path leads the caller to this very file.
    ///
    /// # Errors
    ///
    /// `ENOMEM` when there was none to find out.
    pub(crate) fn is_at(&self, path: &CStr) -> Result<bool> {
        // SAFETY: The path of the open file belongs to it.
        unsafe { leads_to(path, bindings::ckpt_file_path(self.as_ptr())) }
    }

    /// Whether its path lies below the caller's root directory.
    pub(crate) fn is_reachable(&self) -> bool {
        // SAFETY: The path belongs to the open file.
        unsafe { bindings::ckpt_path_reachable(bindings::ckpt_file_path(self.as_ptr())) }
    }

    /// The locks that the task holds through it. At most `room` are returned; the number that there
    /// are comes with them.
    pub(crate) fn locks(&self, task: &Task, room: usize) -> Result<(KVVec<Lock>, usize)> {
        let mut locks = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..room {
            locks.push(Lock::default(), GFP_KERNEL_ACCOUNT)?;
        }
        // SAFETY: The array has `room` entries; file and task are valid.
        let count = unsafe {
            bindings::ckpt_locks(self.as_ptr(), task.raw(), locks.as_mut_ptr(), room as u32)
        } as usize;
        locks.truncate(count.min(room));
        Ok((locks, count))
    }

    /// Takes a lock for the caller without waiting.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) and flock(2): `EAGAIN` when another task holds it.
    pub(crate) fn lock(&self, lock: &Lock) -> Result {
        // SAFETY: The file is valid.
        to_result(unsafe { bindings::ckpt_lock(self.as_ptr(), lock) })
    }

    /// Writes all bytes at a position, which moves.
    pub(crate) fn write_all(&self, bytes: &[u8], position: &mut i64) -> Result {
        let mut rest = bytes;
        while !rest.is_empty() {
            // SAFETY: The slice is valid for its length.
            let written = transfer(|| unsafe {
                bindings::ckpt_write_kernel(
                    self.as_ptr(),
                    rest.as_ptr().cast(),
                    rest.len(),
                    position,
                )
            })?;
            // Nothing written at all is an error, too.
            rest = rest.get(written..).filter(|_| written != 0).ok_or(EIO)?;
        }
        Ok(())
    }

    /// Reads up to `bytes.len()` bytes at a position, which moves; 0 at the end.
    pub(crate) fn read_some(&self, bytes: &mut [u8], position: &mut i64) -> Result<usize> {
        // SAFETY: The slice is valid for its length.
        transfer(|| unsafe {
            bindings::ckpt_read_kernel(
                self.as_ptr(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                position,
            )
        })
    }

    /// Reads up to `len` bytes straight into the caller's memory; 0 at the end.
    pub(crate) fn read_user(&self, address: u64, len: usize, position: &mut i64) -> Result<usize> {
        // SAFETY: A user address range, which the kernel checks as it copies.
        transfer(|| unsafe {
            bindings::ckpt_read_user(self.as_ptr(), address as usize, len, position)
        })
    }
}

/// Reads or writes, and tells how many bytes it were. A suspend of the system interrupts transfers
/// as a signal would: the caller is frozen here, and the transfer begins again.
///
/// # Errors
///
/// `EINTR` when there is a signal that the caller does not block.
pub(in crate::sys) fn transfer(mut move_bytes: impl FnMut() -> isize) -> Result<usize> {
    /// Errors that ask for a restart of the system call (include/linux/errno.h), which neither verb
    /// can have.
    const RESTARTS: core::ops::RangeInclusive<isize> = -516..=-512;
    loop {
        let n = move_bytes();
        if let Ok(count) = usize::try_from(n) {
            return Ok(count);
        }
        if n != -(bindings::EINTR as isize) && !RESTARTS.contains(&n) {
            return Err(Error::from_errno(n as i32));
        }
        sys::check_signal()?;
        // SAFETY: Holds no lock: the task that is restored has the image in hand.
        if !unsafe { bindings::ckpt_freeze_here() } {
            // Something else wants the caller's attention, and gets it when it leaves.
            fsleep(Delta::from_millis(1));
        }
    }
}

/// Whether a task's descriptor is closed by exec.
pub(crate) fn is_cloexec(task: &Task, fd: u32) -> bool {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_cloexec(task.raw(), fd) }
}

/// Installs a file at a number of the caller's table, replacing what is there.
pub(crate) fn install(fd: u32, file: &File, cloexec: bool) -> Result {
    let flags = if cloexec { bindings::O_CLOEXEC } else { 0 };
    // SAFETY: The function takes its own reference.
    let ret = unsafe { bindings::ckpt_sym_replace_fd(fd, file.as_ptr(), flags) };
    if ret < 0 {
        return Err(Error::from_errno(ret));
    }
    Ok(())
}

/// Closes every descriptor of the caller.
pub(crate) fn close_all() -> Result {
    let me = Task::current();
    let mut fd = 0u32;
    while let Some((number, file)) = File::next_of(&me, fd) {
        drop(file);
        // SAFETY: Closes a number; a task that still needs the file has a reference.
        unsafe { bindings::close_fd(number) };
        fd = number.checked_add(1).ok_or(EBADF)?;
    }
    Ok(())
}
