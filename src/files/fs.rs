// SPDX-License-Identifier: GPL-2.0-only

//! FS: root directory, working directory, umask.

use kernel::prelude::*;

use ckpt_image::{
    record::Fs,
    Kind,
    Problem, //
};

use super::open::PathText;
use crate::{
    checkpoint,
    log::refuse,
    objhash::{
        Held,
        Object,
        Sort, //
    },
    parts::Part,
    restart::{
        self,
        Outcome, //
    },
    sys::{
        errno,
        fs::{
            self,
            Path,
            PathBuffer, //
        },
        share,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "root and working directory",
    outlives: false,
    checkpoint,
    restart,
};

fn checkpoint(context: &mut checkpoint::Context<'_>, task: &Task) -> Result {
    let (objref, new) = context
        .objects
        .add(Sort::Fs, task.keys().fs, || Held::ByTask)?;
    if !new {
        return Ok(());
    }
    let (root, pwd, umask) = fs::of(task).ok_or(ESRCH)?;
    let mut buffer = PathBuffer::new()?;
    for (path, what) in [(&root, "root"), (&pwd, "working")] {
        if path.is_unlinked() || !path.is_reachable() {
            return Err(refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "the {} directory is deleted or out of the caller's reach: {}",
                what,
                path.print(&mut buffer).unwrap_or(c"?")
            ));
        }
    }
    context.out.record(&Fs {
        objref,
        umask,
        reserved: 0,
    })?;
    for path in [&root, &pwd] {
        context.out.string(path.print(&mut buffer)?.to_bytes())?;
    }
    Ok(())
}

fn restart(context: &mut restart::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind != Kind::FS {
        return Ok(());
    }
    let saved: Fs = context.reader.record()?;
    if saved.umask & !0o777 != 0 {
        return Err(context.malformed(Problem::Value("umask out of range")));
    }
    share::unshare_fs()?;
    context.define_shared(saved.objref, Sort::Fs, Object::Fs(share::Fs::of_caller()?))?;
    let root = directory(context)?;
    let pwd = directory(context)?;
    fs::set(&root, &pwd, saved.umask)
        .map_err(|error| context.fail(error, fmt!("the root directory cannot be changed")))
}

/// Reads a path and looks the directory up.
fn directory(context: &mut restart::Context<'_>) -> Outcome<Path> {
    let mut text = PathText::new()?;
    let name = text.read(context)?;
    if !name.to_bytes().starts_with(b"/") {
        return Err(context.malformed(Problem::Value("path that is not absolute")));
    }
    Path::directory(name)
        .map_err(|error| context.fail(error, fmt!("directory {} cannot be entered", name)))
}
