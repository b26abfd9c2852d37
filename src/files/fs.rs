// SPDX-License-Identifier: GPL-2.0-only

//! FS: root directory, working directory, umask.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        Fs,
        RESTARTERS, //
    },
    Kind,
    Problem, //
};

use super::{
    contents::{
        self,
        Kept, //
    },
    kind::Met,
    open,
    place::Place,
    saved::{
        self,
        PathText, //
    },
};
use crate::{
    log::{
        refuse,
        Reason, //
    },
    objhash::{
        Held,
        Object,
        Shared,
        Sort, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
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
    all_saved: None,
};

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let key = task.keys().fs.ok_or(ESRCH)?;
    if context.objects.has(Sort::Fs, key) {
        return Ok(());
    }
    let (root, pwd, umask) = fs::of(task).ok_or(ESRCH)?;
    let mut buffer = PathBuffer::new()?;
    let mut deleted = [0; 2];
    for ((path, what), id) in [(&root, "root"), (&pwd, "working")]
        .iter()
        .zip(&mut deleted)
    {
        if path.is_unlinked() {
            let met = Met {
                file: &path.open()?,
                task,
                place: Place::Directory(what),
            };
            *id = contents::save_directory(context, &met)?;
        } else if !path.is_reachable() {
            return Err(refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "the {} directory is out of the caller's reach: {}",
                what,
                path.print(&mut buffer).unwrap_or(c"?")
            ));
        } else if context.is_for_caller() && path.allows(false).is_err() {
            return Err(refuse!(
                context.log,
                EPERM => Reason::Credentials,
                Some(task),
                "the caller could not restart the task: the {} directory may not be entered: {}",
                what,
                path.print(&mut buffer).unwrap_or(c"?")
            ));
        }
    }
    let held = || Held::Part(task.clone(), |keys| keys.fs);
    let (objref, _) = context.objects.add(Sort::Fs, key, held)?;
    context.out.record(&Fs {
        objref,
        umask,
        root: deleted[0],
        pwd: deleted[1],
        root_mount: RESTARTERS,
        pwd_mount: RESTARTERS,
    })?;
    for path in [&root, &pwd] {
        context.out.string(path.print(&mut buffer)?.to_bytes())?;
    }
    Ok(())
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let mut deleted = 0;
    while open::restore_next(context, &[Kind::CONTENTS])?.is_some() {
        deleted += 1;
        if deleted > 2 {
            return Err(context.malformed(Problem::Count(deleted)));
        }
    }
    if context.reader.peek()?.kind != Kind::FS {
        return Ok(());
    }
    let saved: Fs = context.reader.record()?;
    if saved.umask & !0o777 != 0 {
        return Err(context.malformed(Problem::Value("umask out of range")));
    }
    share::unshare_fs()?;
    context.define_shared(saved.objref, Sort::Fs, share::Fs::of_caller()?)?;
    let root = directory(context, saved.root)?;
    let pwd = directory(context, saved.pwd)?;
    fs::set(&root, &pwd, saved.umask)
        .map_err(|error| context.fail(error, fmt!("the root directory cannot be changed")))
}

impl Object for share::Fs {}

impl Shared for share::Fs {
    const SORT: Sort = Sort::Fs;

    fn adopt(&self) {
        share::Fs::adopt(self);
    }
}

/// Reads a path and looks the directory up, unless it is deleted: then it has been made before.
fn directory(context: &mut restoring::Context<'_>, id: u32) -> Outcome<Path> {
    let mut text = PathText::new()?;
    let name = text.read(context)?;
    if id != 0 {
        let path = context.get::<Kept>(id)?.path();
        return path.ok_or_else(|| context.malformed(Problem::Objref(id)));
    }
    saved::check_absolute(context, name)?;
    Path::directory(name)
        .map_err(|error| context.fail(error, fmt!("directory {} cannot be entered", name)))
}
