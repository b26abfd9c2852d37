// SPDX-License-Identifier: GPL-2.0-only

//! What security modules and the key service have attached to a task, and its restored copy would not have:
//! a security label, a session keyring.

use kernel::prelude::*;

use crate::{
    log::{
        refuse,
        Log,
        Reason, //
    },
    sys::{
        bindings,
        cred::{
            self,
            Cred, //
        },
        errno,
        task::Task, //
    },
};

/// Looks at the tasks of a tree, one after the other.
pub(crate) struct Confinement {
    /// CHECKPOINT_* flags of the call.
    flags: u32,
    /// The credentials that were looked at last: most tasks have the same.
    last: Option<Cred>,
}

impl Confinement {
    /// `flags`: CHECKPOINT_OTHER_LABEL and CHECKPOINT_OTHER_KEYRING say what the caller does without.
    pub(crate) fn new(flags: u32) -> Self {
        Confinement { flags, last: None }
    }

    /// Refuses a task whose copy would lack something, or tells that it will, if the caller wants that.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP`, `ENOMEM`.
    pub(crate) fn check(&mut self, task: &Task, log: &Log) -> Result {
        let cred = Cred::of(task);
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.key() == cred.key())
        {
            return Ok(());
        }
        if let Some(label) = cred::foreign_label(task)? {
            if self.flags & bindings::CHECKPOINT_OTHER_LABEL == 0 {
                return Err(refuse!(
                    log,
                    errno::eopnotsupp() => Reason::Label,
                    Some(task),
                    "the security label of the task cannot be restored: {}",
                    &*label
                ));
            }
            log.say(fmt!(
                "task {} has the security label {}, which is not saved: its copy has that of whatever restarts it",
                task.pid(),
                &*label
            ));
        }
        if cred.has_session_keyring() {
            if self.flags & bindings::CHECKPOINT_OTHER_KEYRING == 0 {
                return Err(refuse!(
                    log,
                    errno::eopnotsupp() => Reason::Keyring,
                    Some(task),
                    "the session keyring of the task cannot be restored"
                ));
            }
            log.say(fmt!(
                "task {} has a session keyring of its own, which is not saved: its copy has that of whatever restarts it",
                task.pid()
            ));
        }
        self.last = Some(cred);
        Ok(())
    }
}
