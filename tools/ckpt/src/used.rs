// SPDX-License-Identifier: GPL-2.0-only

//! What a tree of processes uses, which no image and no log of it may take the place of: the tree would go on
//! with a file that no name leads to, and its image would lead to itself.

use std::{
    fs,
    path::Path, //
};

use crate::{
    failure::{
        Failure,
        Result, //
    },
    output::{
        identity,
        Identity,
        Spot, //
    },
    process, //
};

/// Whether the processes below `root`, and itself, leave a regular file alone that is at a place.
///
/// # Errors
///
/// When one of them has it open or mapped, or runs it; those of [`process::descendants`].
pub fn check(root: i32, spot: &Spot, path: &Path, what: &str) -> Result<()> {
    let Some(file) = spot.regular() else {
        return Ok(());
    };
    let user = process::descendants(root)?
        .into_iter()
        .find_map(|pid| Some((pid, use_of(pid, file)?)));
    match user {
        None => Ok(()),
        Some((pid, how)) => Err(Failure::usage(format!(
            "{} is {how} by process {pid}: {what} cannot take its place",
            path.display()
        ))
        .advise("Give another name.")),
    }
}

/// What a process does with a file.
fn use_of(pid: i32, file: Identity) -> Option<&'static str> {
    let is_it = |path: &Path| fs::metadata(path).is_ok_and(|found| identity(&found) == file);
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
        // Address, access, offset, device, inode, path.
        let mut fields = line.splitn(6, ' ');
        let is_inode = fields.nth(4) == Some(inode.as_str());
        let path = fields.next().filter(|_| is_inode)?.trim_start();
        is_it(Path::new(path)).then_some("mapped")
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
        let look = |path: &Path| check(own, &Spot::written(path), path, "the image");
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
