// SPDX-License-Identifier: GPL-2.0-only

//! What all open devices share: which tasks are being saved, which are frozen, and the ids.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::RBTree,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

use crate::{
    freeze::Held,
    log::{
        refuse,
        Log,
        Reason, //
    },
    sys::task::Task, //
};

/// What all openers of the device share.
#[pin_data]
pub(crate) struct Shared {
    /// Tasks that are being checkpointed, by [`Task::key`].
    #[pin]
    claims: Mutex<RBTree<usize, ()>>,
    /// Tasks that are frozen.
    pub(crate) held: Arc<Held>,
    last_id: Atomic<i32>,
}

impl Shared {
    /// Nothing is going on yet.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Shared {
            claims <- new_mutex!(RBTree::new()),
            held: Arc::pin_init(Held::new(), GFP_KERNEL)?,
            last_id: Atomic::new(0),
        })
    }

    /// The id of the next checkpoint. After the last one they begin again: no user can use them up.
    pub(crate) fn next_id(&self) -> i32 {
        loop {
            let last = self.last_id.load(Relaxed);
            let next = last.checked_add(1).unwrap_or(1);
            if self.last_id.cmpxchg(last, next, Relaxed).is_ok() {
                return next;
            }
        }
    }
}

/// A task that is being checkpointed by one caller only.
pub(crate) struct Claim<'a> {
    shared: &'a Shared,
    key: usize,
}

impl<'a> Claim<'a> {
    /// Claims it.
    ///
    /// # Errors
    ///
    /// `EBUSY` when another caller has.
    pub(crate) fn take(shared: &'a Shared, task: &Task, log: &Log) -> Result<Self> {
        let key = task.key();
        let claimed = {
            let mut claims = shared.claims.lock();
            let claimed = claims.get(&key).is_some();
            if !claimed {
                // Not accounted: it belongs to all.
                claims.try_create_and_insert(key, (), GFP_KERNEL)?;
            }
            claimed
        };
        // Without the lock: the log may be a pipe that no process reads.
        if claimed {
            return Err(refuse!(
                log,
                EBUSY => Reason::Busy,
                Some(task),
                "another checkpoint of the task is going on"
            ));
        }
        Ok(Claim { shared, key })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.shared.claims.lock().remove(&self.key);
    }
}
