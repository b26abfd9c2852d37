// SPDX-License-Identifier: GPL-2.0-only

//! Files that a tree of processes uses. No image and no log of the tree may take the place of one: the tree
//! would go on with a file that has no name any more, and its image would refer to itself.

use std::{
    fs,
    path::Path,
    sync::mpsc,
    thread,
    time::Duration, //
};

use rustix::fs::{
    makedev,
    statx,
    AtFlags,
    StatxFlags,
    CWD, //
};

use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    output::{
        Identity,
        Spot, //
    },
    process,
    signals, //
};

/// Time between two looks at signals while a look at a process takes long.
const LOOK: Duration = Duration::from_millis(50);

/// A place, how the caller spells it, and what is to come there.
pub type Wanted<'a> = (Spot, &'a Path, &'a str);

/// Whether the processes below `root`, and itself, leave the regular files alone that are at these places.
///
/// # Errors
///
/// When one of them has one open or mapped, or runs it; those of [`process::descendants`].
pub fn check(root: i32, wanted: &[Wanted<'_>]) -> Result<()> {
    let files: Vec<_> = wanted.iter().map(|place| place.0.regular()).collect();
    if files.iter().all(Option::is_none) {
        return Ok(());
    }
    let tree = process::descendants(root)?;
    let used = move || {
        let use_by = |file| {
            tree.iter()
                .find_map(|pid| Some((*pid, use_of(*pid, file)?)))
        };
        let used = |file: &Option<Identity>| file.and_then(use_by);
        files
            .iter()
            .enumerate()
            .find_map(|(place, file)| Some((place, used(file)?)))
    };
    let Some((place, (pid, how))) = patiently(used)? else {
        return Ok(());
    };
    let (path, what) = wanted
        .get(place)
        .map_or((Path::new(""), ""), |place| (place.1, place.2));
    Err(Failure::usage(format!(
        "{} is {how} by process {pid}: {what} cannot take its place",
        path.display()
    ))
    .advise("Give another name."))
}

/// Looks in a thread: the mappings of a process are shown under a lock that its owner can hold for as long as
/// it likes, and only the end of this command ends that wait.
///
/// # Errors
///
/// When a signal came.
fn patiently<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (found, wait) = mpsc::channel();
    let looking = thread::spawn(move || drop(found.send(look())));
    loop {
        match wait.recv_timeout(LOOK) {
            // It is over before anything is forked.
            Ok(found) => return looking.join().map(|()| found).map_err(|_| panicked()),
            Err(mpsc::RecvTimeoutError::Timeout) => signals::check()?,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(panicked()),
        }
    }
}

fn panicked() -> Failure {
    Failure::new(
        Exit::Failed,
        "the look at what the processes use has failed",
    )
}

/// The identity of what a link in /proc leads to. Its file system is not asked, which may be one that a user
/// serves, and lets wait.
fn identity_of_link(link: &Path) -> Option<Identity> {
    let found = statx(CWD, link, AtFlags::STATX_DONT_SYNC, StatxFlags::INO).ok()?;
    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
    Some((device, found.stx_ino))
}

/// What a process does with a file.
fn use_of(pid: i32, file: Identity) -> Option<&'static str> {
    let is_it = |link: &Path| identity_of_link(link) == Some(file);
    let mut descriptors = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten();
    if descriptors.any(|fd| fd.is_ok_and(|fd| is_it(&fd.path()))) {
        return Some("open");
    }
    if is_it(Path::new(&format!("/proc/{pid}/exe"))) {
        return Some("executed");
    }
    let maps = process::read_text(format!("/proc/{pid}/maps")).unwrap_or_default();
    let inode = file.1.to_string();
    maps.lines().find_map(|line| {
        // Addresses, access, offset, device, inode, path.
        let mut fields = line.splitn(6, ' ');
        let addresses = fields.next()?;
        let is_inode = fields.nth(3) == Some(inode.as_str());
        let link = format!("/proc/{pid}/map_files/{addresses}");
        (is_inode && is_it(Path::new(&link))).then_some("mapped")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_has_is_found() {
        let own = std::process::id() as i32;
        let path = std::env::temp_dir().join(format!("ckpt-used-{own}"));
        let file = fs::File::create(&path).unwrap();
        let look = |path: &Path| check(own, &[(Spot::written(path), path, "the image")]);
        let failure = look(&path).unwrap_err();
        assert!(failure.message.contains("is open by process"), "{failure}");
        drop(file);
        look(&path).unwrap();
        fs::remove_file(&path).unwrap();
        look(&path).unwrap();
        let exe = std::env::current_exe().unwrap();
        assert!(look(&exe).unwrap_err().message.contains("is executed by"));
    }
}
