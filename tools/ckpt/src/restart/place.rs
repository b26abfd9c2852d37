// SPDX-License-Identifier: GPL-2.0-only

//! The cgroup into which a restarted program is born.

use std::{
    fs::File,
    time::Duration, //
};

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
    guardian::Guardian,
    sys, //
};

/// How long a guardian waits for tasks to die that were being restored in what it is to remove.
const DYING: Duration = Duration::from_secs(5);

/// Where a program is restarted. What was made for it is removed again unless it is kept.
#[derive(Debug, Default)]
pub struct Place {
    group: Option<Group>,
    /// What removes the cgroup should this command be killed: there is one when it was made here.
    guardian: Option<Guardian>,
    /// The cgroup's directory.
    pub directory: Option<File>,
    /// Its `cgroup.freeze`, when the program is to stay frozen.
    pub freezer: Option<File>,
}

impl Place {
    /// Finds or makes the place that the command line asks for.
    pub fn of(args: &cli::Restart) -> Result<Place> {
        let (group, guardian) = match &args.cgroup {
            Some(path) => {
                let mount = Mount::find()?;
                let group = mount.group_named(path)?;
                if args.frozen {
                    mount.check_not_ours(&group)?;
                }
                (group, None)
            }
            None if args.frozen => make(&Mount::find()?)?,
            None => return Ok(Place::default()),
        };
        let mut place = Place {
            group: Some(group.clone()),
            guardian,
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
        self.guardian = None;
        self.group
            .as_ref()
            .map(|group| group.dir().display().to_string())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (Some(_), Some(group)) = (&self.guardian, &self.group) {
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
fn make(mount: &Mount) -> Result<(Group, Option<Guardian>)> {
    // A name that no process can have made before.
    let number = sys::random().doing(|| "cannot find a name for a cgroup")?;
    let name = format!("ckpt-restart-{}-{number:016x}", std::process::id());
    let own = mount.own_group()?;
    let bases = [Some(own.clone()), mount.parent(&own), Some(mount.top())];
    let bases: Vec<Group> = bases.into_iter().flatten().collect();
    // Before there is anything to remove.
    let guardian = Guardian::post(|| remove_empty(&bases, &name))?;
    let mut last = None;
    for base in &bases {
        match base.create(&name) {
            Ok(group) => return Ok((group, Some(guardian))),
            Err(error) => last = Some(error),
        }
    }
    let error = last.unwrap_or_else(|| std::io::ErrorKind::NotFound.into());
    Err(Failure::os("cannot make a cgroup for the program", &error)
        .advise("Run this as root, or give a cgroup with --cgroup."))
}

/// What a guardian does: removes the cgroup, unless the program had already been restored and lives.
fn remove_empty(bases: &[Group], name: &str) -> Result<()> {
    for group in bases.iter().filter_map(|base| base.child(name)) {
        if group.wait(|events| !events.populated, None, DYING)? {
            group
                .remove()
                .doing(|| format!("cannot remove the cgroup {}", group.dir().display()))?;
        }
    }
    Ok(())
}
