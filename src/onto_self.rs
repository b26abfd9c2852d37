// SPDX-License-Identifier: GPL-2.0-only

//! RESTART_TASKSELF: one task becomes what an image of one task says, without a coordinator, and without
//! waiting for other tasks.

use kernel::prelude::*;

use crate::{
    coordinator::Request,
    log::refuse,
    restart::Stream,
    restoring::Part,
    stream::ImageSource,
    sys::{
        errno,
        me,
        task::Task, //
    },
    task::supported, //
};

/// Restores an image of one task onto the caller.
///
/// # Errors
///
/// Those of the head of the image; when anything after it fails the caller is killed.
pub(crate) fn restart(request: Request) -> Result<isize> {
    let log = &request.log;
    let me = Task::current();
    if me.nr_threads() != 1 {
        return Err(refuse!(
            log,
            EBUSY,
            Some(&me),
            "the caller has more than one thread"
        ));
    }
    supported::check_arrival(&me, me.left_over()?, log)?;
    crate::sharing::check_restart(core::iter::once(&me), log)?;
    let source = ImageSource::new(request.file, request.head);
    let (mut stream, shape) = Stream::open(source, log)?;
    let caller = core::iter::once(&me);
    stream.clocks().check(caller, request.clocks_back, log)?;
    if shape.entries.len() != 1 {
        return Err(refuse!(
            log,
            errno::eopnotsupp(),
            None,
            "RESTART_TASKSELF: the image holds {} tasks",
            shape.nr_tasks
        ));
    }
    me::detach_user_memory();
    let part = Part {
        company: None,
        place: 0,
        device: &request.device,
        inherit: &request.inherit,
        changed_files: request.changed_files,
        log,
    };
    let result = stream.restore_task(&part).and_then(|leave| {
        request.inherit.check_used(log)?;
        stream.finish(log)?;
        stream.settle_late(log)?;
        leave.settle(&request.device)?.go()
    });
    match result {
        Ok(()) => Ok(0),
        Err(error) => {
            me.kill();
            Err(error)
        }
    }
}
