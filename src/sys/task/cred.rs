// SPDX-License-Identifier: GPL-2.0-only

//! Credentials.

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::CString,
    sync::aref::ARef, //
};

use ckpt_image::record;

use zerocopy::IntoBytes;

use crate::sys::{
    bindings,
    fields,
    file::File,
    task::Task, //
};

/// Bytes of a security label that are told, with the NUL.
const LABEL: usize = 256;

/// A set of credentials, with a reference.
#[derive(Clone)]
pub(crate) struct Cred(ARef<kernel::cred::Credential>);

/// The caller's user namespace, in which all ids of an image are told.
fn user_ns() -> *mut bindings::user_namespace {
    // SAFETY: The caller's credentials live as long as it runs here; the pointer is only handed on.
    unsafe { (*(*kernel::current!().as_ptr()).cred).user_ns }
}

/// Whether setresuid(2) would let the caller become this user.
pub(crate) fn may_be_user(uid: u32) -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_may_be_user(uid) }
}

/// Whether setresgid(2) would let the caller be of this group.
pub(crate) fn may_be_group(gid: u32) -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_may_be_group(gid) }
}

/// Whether setgroups(2) would let the caller choose its groups.
pub(crate) fn may_choose_groups() -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_may_choose_groups() }
}

/// Whether prctl(2) would let the caller set its securebits to these: none that is locked changes, and no
/// lock is taken off.
pub(crate) fn may_have_securebits(bits: u32) -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_may_have_securebits(bits) }
}

/// Whether prctl(2) would let the caller take capabilities out of its bounding set.
pub(crate) fn may_lower_bounds() -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_may_lower_bounds() }
}

/// The security label of a task, if it is another one than the caller's or that of an AppArmor profile.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn foreign_label(task: &Task) -> Result<Option<CString>> {
    let mut text = [0u8; LABEL];
    // SAFETY: The task is valid; the buffer is as long as is said.
    let found =
        unsafe { bindings::ckpt_foreign_label(task.raw(), text.as_mut_ptr().cast(), LABEL as u32) };
    match found {
        0 => Ok(None),
        1 => {
            let text = CStr::from_bytes_until_nul(&text).map_err(|_| EIO)?;
            Ok(Some(CString::try_from(text)?))
        }
        error => Err(Error::from_errno(error)),
    }
}

impl Cred {
    /// The objective credentials of a task.
    pub(crate) fn of(task: &Task) -> Self {
        // SAFETY: The task is valid; the result carries a reference, which the `ARef` owns;
        // `Credential` is a transparent wrapper of `cred`.
        Cred(unsafe {
            ARef::from_raw(core::ptr::NonNull::new_unchecked(
                bindings::get_task_cred(task.raw()).cast_mut().cast(),
            ))
        })
    }

    /// The credentials that a file was opened with.
    pub(crate) fn of_file(file: &File) -> Self {
        // SAFETY: An open file keeps them; `Credential` is a transparent wrapper of `cred`.
        let cred = unsafe { kernel::cred::Credential::from_ptr((*file.as_ptr()).f_cred) };
        Cred(cred.into())
    }

    /// Credentials like the caller's but for what a record says. Whether the caller may have these ids is
    /// not asked here; security modules are.
    ///
    /// # Errors
    ///
    /// `EINVAL` when a number means no user or group in the caller's user namespace; `ENOMEM`; `EPERM`.
    pub(crate) fn prepare(saved: &record::Cred, groups: &[u32]) -> Result<Self> {
        let made = Self::with_ids(saved, groups)?;
        let new = made.0.as_ptr().cast_mut();
        // SAFETY: No other task knows the new credentials yet.
        unsafe {
            to_result(bindings::ckpt_cred_set_caps(
                new,
                saved.cap_effective,
                saved.cap_inheritable,
                saved.cap_permitted,
            ))?;
            (*new).securebits = saved.securebits;
            (*new).cap_bset.val = saved.cap_bset;
            (*new).cap_ambient.val = saved.cap_ambient;
        }
        Ok(made)
    }

    /// Credentials like the caller's, capabilities included, with other users and groups.
    ///
    /// # Errors
    ///
    /// As [`Cred::prepare`].
    pub(crate) fn with_ids(saved: &record::Cred, groups: &[u32]) -> Result<Self> {
        let ids = bindings::ckpt_cred_ids {
            uid: saved.uid,
            euid: saved.euid,
            suid: saved.suid,
            fsuid: saved.fsuid,
            gid: saved.gid,
            egid: saved.egid,
            sgid: saved.sgid,
            fsgid: saved.fsgid,
        };
        // SAFETY: Numbers that are copied; the result is new and has one reference, which the `ARef`
        // owns; no other task knows it while it is filled in. `Credential` is a transparent wrapper.
        unsafe {
            let new = from_err_ptr(bindings::ckpt_cred_prepare(
                &ids,
                groups.as_ptr(),
                groups.len() as u32,
            ))?;
            Ok(Cred(ARef::from_raw(core::ptr::NonNull::new_unchecked(
                new.cast(),
            ))))
        }
    }

    /// Makes them the caller's, which no longer acts with others. As with setresuid(2), what is less than
    /// it had resets its dumpable flag and its parent-death signal.
    pub(crate) fn commit(self) {
        let raw = ARef::into_raw(self.0).as_ptr();
        // SAFETY: The reference is handed over. The caller acts with its own credentials.
        unsafe { bindings::ckpt_cred_commit(raw.cast()) };
    }

    /// Lets the caller act with these.
    pub(crate) fn act<T>(&self, what: impl FnOnce() -> T) -> T {
        // SAFETY: They live until the caller acts with its own again, which it does below.
        let before = unsafe { bindings::ckpt_override_creds(self.0.as_ptr()) };
        let result = what();
        // SAFETY: What the caller had before, which it has kept: its objective credentials.
        unsafe { bindings::ckpt_revert_creds(before) };
        result
    }

    /// Whether their ids are those of the caller's user namespace.
    pub(crate) fn is_of_callers_ns(&self) -> bool {
        // SAFETY: The address is compared.
        unsafe { (*self.0.as_ptr()).user_ns == user_ns() }
    }

    /// Whether they allow the same as others.
    pub(crate) fn equals(&self, others: &Cred) -> Result<bool> {
        if self.key() == others.key() {
            return Ok(true);
        }
        // SAFETY: Both are valid; the addresses are compared.
        let same_ns = unsafe { (*self.0.as_ptr()).user_ns == (*others.0.as_ptr()).user_ns };
        Ok(same_ns
            && self.to_record().as_bytes() == others.to_record().as_bytes()
            && self.groups()?.as_slice() == others.groups()?.as_slice())
    }

    /// Whether they have a session keyring.
    pub(crate) fn has_session(&self) -> bool {
        // SAFETY: Credentials do not change once they are in use, nor do these before.
        unsafe { !(*self.0.as_ptr()).session_keyring.is_null() }
    }

    /// Whether they have a session keyring that holds keys and is not the caller's.
    pub(crate) fn has_session_keyring(&self) -> bool {
        // SAFETY: Credentials do not change once they are in use.
        unsafe { bindings::ckpt_has_session_keyring(self.0.as_ptr()) }
    }

    /// An address that stands for the credentials as long as a reference is held.
    pub(crate) fn key(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Whether the subjective credentials of the task are these as well.
    pub(crate) fn is_effective(&self, task: &Task) -> bool {
        fields::cred(task) == Some(self.key())
    }

    /// As a record without an objref. Ids are those of the caller's user namespace.
    pub(crate) fn to_record(&self) -> record::Cred {
        let cred = self.0.as_ptr();
        // SAFETY: Credentials do not change once they are in use.
        unsafe {
            let uid = |kuid| bindings::from_kuid(user_ns(), kuid);
            let gid = |kgid| bindings::from_kgid(user_ns(), kgid);
            record::Cred {
                objref: 0,
                securebits: (*cred).securebits,
                uid: uid((*cred).uid),
                gid: gid((*cred).gid),
                suid: uid((*cred).suid),
                sgid: gid((*cred).sgid),
                euid: uid((*cred).euid),
                egid: gid((*cred).egid),
                fsuid: uid((*cred).fsuid),
                fsgid: gid((*cred).fsgid),
                cap_inheritable: (*cred).cap_inheritable.val,
                cap_permitted: (*cred).cap_permitted.val,
                cap_effective: (*cred).cap_effective.val,
                cap_bset: (*cred).cap_bset.val,
                cap_ambient: (*cred).cap_ambient.val,
                nr_groups: (*(*cred).group_info).ngroups as u32,
                userns: record::RESTARTERS,
            }
        }
    }

    /// Supplementary groups, in ascending order.
    pub(crate) fn groups(&self) -> Result<KVVec<u32>> {
        let mut groups = KVVec::new();
        // SAFETY: Credentials do not change once they are in use, and hold on to their groups.
        unsafe {
            let info = (*self.0.as_ptr()).group_info;
            for kgid in (*info).gid.as_slice((*info).ngroups as usize) {
                groups.push(bindings::from_kgid(user_ns(), *kgid), GFP_KERNEL_ACCOUNT)?;
            }
        }
        Ok(groups)
    }
}
