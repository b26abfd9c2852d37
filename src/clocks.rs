// SPDX-License-Identifier: GPL-2.0-only

//! The clocks of a tree. All of its tasks are in one time namespace, whose CLOCK_MONOTONIC and
//! CLOCK_BOOTTIME do not go back.

use kernel::{
    error::code::ERANGE,
    prelude::*, //
};

use ckpt_image::record::Header;

use crate::{
    log::{
        refuse,
        Log,
        Reason, //
    },
    sys::{
        task::Task,
        time::{
            self,
            Instant,
            Namespace, //
        },
    },
};

const SECOND: i64 = 1_000_000_000;

/// What the clocks of a tree tell at an instant, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clocks {
    /// CLOCK_REALTIME.
    pub(crate) realtime: i64,
    /// CLOCK_MONOTONIC in the time namespace of the tree.
    pub(crate) monotonic: i64,
    /// CLOCK_BOOTTIME there.
    pub(crate) boottime: i64,
}

impl Clocks {
    /// What they tell these tasks.
    ///
    /// # Errors
    ///
    /// `error` when the tasks, or their future children, are in several time namespaces; `ESRCH` when all
    /// of them are exiting.
    pub(crate) fn at<'a>(
        instant: &Instant,
        tasks: impl Iterator<Item = &'a Task>,
        error: Error,
        log: &Log,
    ) -> Result<Self> {
        let namespace = common(tasks, error, log)?;
        // No namespace shows a time before the beginning of its clock.
        let shown = |clock, offset| instant.on(clock).saturating_add(offset).max(0);
        Ok(Clocks {
            realtime: instant.on(time::REALTIME),
            monotonic: shown(time::MONOTONIC, namespace.monotonic),
            boottime: shown(time::BOOTTIME, namespace.boottime),
        })
    }

    /// Those of a header, which has been checked.
    pub(crate) fn of(header: &Header) -> Self {
        Clocks {
            realtime: header.realtime,
            monotonic: header.monotonic,
            boottime: header.boottime,
        }
    }

    /// Checks that these, of an image, are not ahead of those of the tasks that it is restored onto.
    ///
    /// # Errors
    ///
    /// `ERANGE`, and those of [`Clocks::at`] with `EINVAL`.
    pub(crate) fn check<'a>(
        &self,
        tasks: impl Iterator<Item = &'a Task>,
        may_go_back: bool,
        log: &Log,
    ) -> Result {
        let here = Clocks::at(&Instant::now(), tasks, EINVAL, log)?;
        let clocks = [
            ("CLOCK_MONOTONIC", here.monotonic, self.monotonic),
            ("CLOCK_BOOTTIME", here.boottime, self.boottime),
        ];
        let back = clocks.iter().find(|(_, here, saved)| here < saved);
        match back {
            Some((name, here, saved)) if !may_go_back => Err(refuse!(
                log,
                ERANGE => Reason::Clocks,
                None,
                "{} would go back: it is at {} s here, and at {} s in the image",
                name,
                here / SECOND,
                saved / SECOND
            )),
            _ => Ok(()),
        }
    }
}

/// The one time namespace that the tasks and their future children are in.
fn common<'a>(tasks: impl Iterator<Item = &'a Task>, error: Error, log: &Log) -> Result<Namespace> {
    let mut common: Option<Namespace> = None;
    for task in tasks {
        // What becomes of a task that is exiting is told elsewhere.
        let Some(its) = time::namespace(task) else {
            continue;
        };
        let why = if its.children != its.own {
            "children of the task go to another time namespace than its own"
        } else if common.is_some_and(|common| common.own != its.own) {
            "the task is in another time namespace than the root of the tree"
        } else {
            common.get_or_insert(its);
            continue;
        };
        return Err(refuse!(log, error, Some(task), why));
    }
    common.ok_or(ESRCH)
}
