// SPDX-License-Identifier: GPL-2.0-only

//! Tests that an image appears at its place, or nowhere.

use std::{
    io::Write,
    path::PathBuf, //
};

use super::{
    directory::{
        Directory,
        MODE, //
    },
    *,
};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("ckpt-{name}-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        Scratch(dir)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn an_image_appears_when_it_is_complete() {
    let scratch = Scratch::new("output");
    let path = scratch.0.join("image");
    let mut output = Output::create(&path, false).unwrap();
    output.file.write_all(b"12345").unwrap();
    assert!(!path.exists());
    assert_eq!(output.commit(true).unwrap(), Some(5));
    assert_eq!(scratch.names(), ["image"]);
}

/// As where files need a name.
fn named(path: &Path, replace: bool) -> Output {
    let target = Target::at(path, replace).unwrap();
    let (file, target) = target.make_under_temporary_name().unwrap();
    Output {
        file,
        place: Place::File(target),
    }
}

#[test]
fn where_files_need_a_name_it_is_a_temporary_one() {
    let scratch = Scratch::new("named");
    let path = scratch.0.join("image");
    let output = named(&path, false);
    let [name] = &scratch.names()[..] else {
        panic!("{:?}", scratch.names());
    };
    assert!(name.starts_with(".ckpt-") && name.ends_with(".tmp"));
    assert!(!name.contains(&std::process::id().to_string()));
    drop(output);
    assert!(scratch.names().is_empty());
    named(&path, false).commit(true).unwrap();
    assert_eq!(scratch.names(), ["image"]);
    let failure = named(&path, false).commit(true).unwrap_err();
    assert!(failure.message.contains("is there already"));
    named(&path, true).commit(true).unwrap();
    assert_eq!(scratch.names(), ["image"]);
}

#[test]
fn a_file_that_has_no_name_leaves_none_behind() {
    let scratch = Scratch::new("unnamed");
    let output = Output::create(&scratch.0.join("image"), false).unwrap();
    let can = Directory::open(&scratch.0).unwrap().unnamed().is_ok();
    assert!(!can || scratch.names().is_empty());
    drop(output);
}

#[test]
fn a_directory_that_is_not_there_is_not_made() {
    let scratch = Scratch::new("slash");
    for name in ["new/", "new/image", "new/..", "link"] {
        std::os::unix::fs::symlink("nowhere", scratch.0.join("link")).ok();
        let failure = Output::create(&scratch.0.join(name), false).unwrap_err();
        assert!(failure.exit == Exit::Usage || failure.exit == Exit::Failed);
        assert!(failure.advice.is_some(), "{}", failure.message);
        assert_eq!(scratch.names(), ["link"], "{name}");
    }
}

#[test]
fn nothing_is_left_of_an_image_that_was_not_completed() {
    let scratch = Scratch::new("dropped");
    drop(Output::create(&scratch.0.join("image"), false).unwrap());
    assert!(scratch.names().is_empty());
}

#[test]
fn an_image_is_replaced_by_force_only() {
    let scratch = Scratch::new("force");
    let path = scratch.0.join("image");
    fs::write(&path, "old").unwrap();
    let failure = Output::create(&path, false).unwrap_err();
    assert!(failure.advice.unwrap().contains("--force"));
    Output::create(&path, true).unwrap().commit(false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(scratch.names(), ["image"]);
}

#[test]
fn a_file_that_came_meanwhile_is_not_replaced() {
    let scratch = Scratch::new("race");
    let path = scratch.0.join("image");
    let output = Output::create(&path, false).unwrap();
    fs::write(&path, "new").unwrap();
    assert!(output.commit(false).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(scratch.names(), ["image"]);
}

#[test]
fn an_image_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("mode");
    let path = scratch.0.join("image");
    Output::create(&path, false).unwrap().commit(false).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_link_that_leads_nowhere_is_replaced_by_force_only() {
    let scratch = Scratch::new("dangling");
    let path = scratch.0.join("image");
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    assert!(Output::create(&path, false).is_err());
    Output::create(&path, true).unwrap().commit(false).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(scratch.names(), ["image"]);
}

#[test]
fn a_device_is_written_as_it_is() {
    let output = Output::create(Path::new("/dev/null"), false).unwrap();
    assert!(output.watch().is_none());
    assert_eq!(output.commit(true).unwrap(), None);
    assert!(Path::new("/dev/null").exists());
    // Not when it was not named.
    let failure = Output::file(Path::new("/dev/null"), true).unwrap_err();
    assert!(
        failure.message.contains("is no file"),
        "{}",
        failure.message
    );
}

#[test]
fn what_a_link_leads_to_is_not_touched() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("link");
    let (path, other) = (scratch.0.join("image"), scratch.0.join("other"));
    fs::write(&other, "old").unwrap();
    for to in ["other", "/dev/null"] {
        symlink(to, &path).unwrap();
        assert!(Output::create(&path, false).is_err(), "{to}");
        Output::create(&path, true).unwrap().commit(false).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{to}");
        assert_eq!(fs::read(&other).unwrap(), b"old", "{to}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_fifo_has_to_stand_where_others_cannot_exchange_it() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("fifo");
    let path = scratch.0.join("image");
    nix::unistd::mkfifo(&path, MODE).unwrap();
    let open = |mode| {
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(mode)).unwrap();
        let reader = std::process::Command::new("cat").arg(&path).spawn();
        let output = Output::create(&path, false);
        let mut reader = reader.unwrap();
        reader.kill().unwrap();
        reader.wait().unwrap();
        output
    };
    assert!(open(0o700).is_ok());
    assert!(open(0o1777).is_ok());
    let failure = open(0o777).unwrap_err();
    assert!(failure.message.contains("of others"), "{}", failure.message);
    // The same by the number of a descriptor is for the caller to say.
    let output = Output::create(Path::new("/dev/fd/99"), false);
    assert!(output.unwrap_err().message.contains("/dev/fd/99"));
}
