// SPDX-License-Identifier: GPL-2.0-only

//! The cgroup into which a restarted program is born.

use std::fs::File;

use tracing::debug;

use crate::{
    cgroup::{
        Group,
        Mount, //
    },
    cli,
    failure::{
        reason,
        Doing,
        Exit,
        Failure,
        Result, //
    },
};

/// Where a program is restarted. What was made for it is removed again unless it is kept.
#[derive(Debug, Default)]
pub struct Place {
    group: Option<Group>,
    made: bool,
    /// The cgroup's directory.
    pub directory: Option<File>,
    /// Its `cgroup.freeze`, when the program is to stay frozen.
    pub freezer: Option<File>,
}

impl Place {
    /// Finds or makes the place that the command line asks for.
    pub fn of(args: &cli::Restart) -> Result<Place> {
        let (group, made) = match &args.cgroup {
            Some(path) => (Mount::find()?.group_named(path)?, false),
            None if args.frozen => (make(&Mount::find()?)?, true),
            None => return Ok(Place::default()),
        };
        let mut place = Place {
            group: Some(group.clone()),
            made,
            directory: None,
            freezer: None,
        };
        if group.is_frozen() || group.asked_to_freeze() {
            return Err(Failure::new(
                Exit::Failed,
                format!("the cgroup {} is frozen", group.dir().display()),
            )
            .advise("Thaw it first: nothing can be restored there. --frozen freezes it again."));
        }
        let what = || format!("cannot use the cgroup {}", group.dir().display());
        place.directory = Some(group.open().doing(what)?);
        if args.frozen {
            place.freezer = Some(group.freezer().doing(what)?);
        }
        Ok(place)
    }

    /// Leaves the cgroup to the program; gives its directory.
    pub fn keep(mut self) -> Option<String> {
        self.made = false;
        self.group
            .as_ref()
            .map(|group| group.dir().display().to_string())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (true, Some(group)) = (self.made, &self.group) {
            if let Err(error) = group.remove() {
                debug!(
                    "the cgroup {} stays: {}",
                    group.dir().display(),
                    reason(&error)
                );
            }
        }
    }
}

/// Makes a cgroup below that of this command, else beside it, else at the top.
fn make(mount: &Mount) -> Result<Group> {
    let name = format!("ckpt-restart-{}", std::process::id());
    let own = mount.group_of(std::process::id() as i32)?;
    let bases = [Some(own.clone()), mount.parent(&own), Some(mount.top())];
    let mut last = None;
    for base in bases.into_iter().flatten() {
        match base.create(&name) {
            Ok(group) => return Ok(group),
            Err(error) => last = Some(error),
        }
    }
    let error = last.unwrap_or_else(|| std::io::ErrorKind::NotFound.into());
    Err(Failure::os("cannot make a cgroup for the program", &error)
        .advise("Run this as root, or give a cgroup with --cgroup."))
}
