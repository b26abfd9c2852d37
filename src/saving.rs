// SPDX-License-Identifier: GPL-2.0-only

//! What the parts of a task's section work with when it is saved. No kind of object is known here.

use kernel::prelude::*;

use ckpt_image::{
    record::signal_flag,
    Writer, //
};

use crate::{
    capture::Capture,
    clocks::Clocks,
    index::{
        Index,
        Lazy, //
    },
    log::Log,
    objhash::ObjHash,
    shape::Shape,
    states::States,
    sys::{
        self,
        bindings,
        file::File,
        signal,
        task::Task, //
    },
    tree::{
        Life,
        Member,
        Tree, //
    },
};

/// What the caller wants saved.
pub(crate) struct Request {
    /// Root of the tree in the caller's pid namespace; 0 is the caller.
    pub(crate) pid: i32,
    /// What names it, too.
    pub(crate) pidfd: Option<File>,
    /// CHECKPOINT_* flags.
    pub(crate) flags: u32,
    /// Descriptors that are not part of the image.
    pub(crate) inherit: KVVec<i32>,
    /// Page contents are copied, so that the tree may run on before the image is written.
    pub(crate) copy_pages: bool,
    /// The open device that the call came through.
    pub(crate) device: File,
    /// Where the image goes, if that is known already.
    pub(crate) image: Option<File>,
    /// The id that the call returns.
    pub(crate) id: i32,
}

/// What the parts of a task's section work with.
pub(crate) struct Context<'a> {
    /// What the caller wants.
    pub(crate) request: &'a Request,
    /// Where reasons go.
    pub(crate) log: &'a Log,
    /// The instant that the image is of.
    pub(crate) instant: sys::time::Instant,
    /// What the clocks of the tree told then.
    pub(crate) clocks: Clocks,
    /// What is in the image already.
    pub(crate) objects: ObjHash,
    /// What kinds remember as long as the tree is saved.
    pub(crate) states: States,
    /// The image.
    pub(crate) out: Writer<Capture>,
    /// The tree that is being saved.
    pub(crate) tree: &'a Tree,
    /// The same as the image describes it.
    pub(crate) shape: &'a Shape,
    /// Where its tasks stand.
    pub(crate) index: Lazy<Index>,
    /// Where in it the task stands that is being saved.
    pub(crate) place: usize,
}

impl<'a> Context<'a> {
    /// Whether the task that is being saved is the root of the tree.
    pub(crate) fn is_root(&self) -> bool {
        self.place == 0
    }

    /// Whether nothing is to be saved but what the caller could restart.
    pub(crate) fn is_for_caller(&self) -> bool {
        self.request.flags & bindings::CHECKPOINT_RESTARTABLE != 0
    }

    /// Whether a whole container is saved.
    pub(crate) fn is_container(&self) -> bool {
        self.request.flags & bindings::CHECKPOINT_SUBTREE == 0
    }

    /// The job-control stop that the task is in, as [`signal::stop`] tells; none when the caller has stopped
    /// it for the checkpoint only.
    pub(crate) fn stop(&self, task: &Task) -> Result<Option<(u32, bool)>> {
        match self.request.flags & bindings::CHECKPOINT_CONTINUED {
            0 => signal::stop(task),
            _ => Ok(None),
        }
    }

    /// The job-control state of the process of a task: bits of [`signal_flag`]. What a stop leaves there
    /// goes with it.
    pub(crate) fn job_control(&self, task: &Task) -> u32 {
        match self.request.flags & bindings::CHECKPOINT_CONTINUED {
            0 => signal::job_control(task),
            _ => signal::job_control(task) & !(signal_flag::STOPPED | signal_flag::TELL_STOPPED),
        }
    }

    /// Whether the caller is part of the tree.
    pub(crate) fn saves_caller(&self) -> bool {
        self.tree.has_caller()
    }

    /// The processor's state of the task that is being saved.
    pub(crate) fn life(&self) -> Result<&'a Life> {
        self.tree
            .member(self.place)
            .and_then(Member::life)
            .ok_or(ESRCH)
    }
}
