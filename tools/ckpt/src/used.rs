// SPDX-License-Identifier: GPL-2.0-only

//! What a tree of processes uses, which no image and no log of it may take the place of: the tree would go on
//! with a file that no name leads to, and its image would lead to itself.

use std::{
    fs,
    path::Path, //
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
        Failure,
        Result, //
    },
    output::{
        Identity,
        Spot, //
    },
    process, //
};

/// A place, how the caller spells it, and what is to come there.
pub type Wanted<'a> = (Spot, &'a Path, &'a str);

/// Whether the processes below `root`, and itself, leave the regular files alone that are at these places.
///
/// # Errors
///
/// When one of them has one open or mapped, or runs it; those of [`process::descendants`].
pub fn check(root: i32, wanted: &[Wanted<'_>]) -> Result<()> {
    let regular = |place: &Wanted<'_>| place.0.regular().is_some();
    if !wanted.iter().any(regular) {
        return Ok(());
    }
    let tree = process::descendants(root)?;
    for (spot, path, what) in wanted {
        let used = |file| tree.iter().find_map(|pid| Some((pid, use_of(*pid, file)?)));
        if let Some((pid, how)) = spot.regular().and_then(used) {
            return Err(Failure::usage(format!(
                "{} is {how} by process {pid}: {what} cannot take its place",
                path.display()
            ))
            .advise("Give another name."));
        }
    }
    Ok(())
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
