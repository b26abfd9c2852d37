// SPDX-License-Identifier: GPL-2.0-only

//! What an image says is shown in time and memory that are a small multiple of it, whatever it says.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command};

use ckpt_image::{
    limits,
    record::*,
    testing::{
        self,
        Part, //
    },
};
use zerocopy::FromZeros;

/// Address space of the command: what it has by itself, and bytes for each byte of an image.
const OWN: u64 = 64 << 20;
const EACH: u64 = 12;

/// Seconds of a processor that it has: far more than it needs, unless work grows faster than the image.
const SECONDS: u64 = 60;

/// Most bytes that it prints for each byte of an image.
const PRINTED: u64 = 64;

/// A directory with an image and the command under its name, removed at the end.
struct Image(PathBuf);

impl Image {
    fn new(name: &str, parts: &[Part]) -> Image {
        let file = format!("ckpt-bounded-{name}-{}", std::process::id());
        let dir = std::env::temp_dir().join(file);
        fs::create_dir(&dir).unwrap();
        symlink(env!("CARGO_BIN_EXE_ckpt"), dir.join("ckptinfo")).unwrap();
        fs::write(dir.join("image"), testing::seal(parts)).unwrap();
        Image(dir)
    }

    /// Shows it in every way, or finds that it is not whole.
    fn show(&self, is_whole: bool) {
        let size = fs::metadata(self.0.join("image")).unwrap().len();
        assert!(size > 1 << 20, "{size} bytes show nothing");
        for view in ["--tree", "--pids", "--fds", "--maps", "--json", "--records"] {
            let output = Command::new("prlimit")
                .arg(format!("--as={}", OWN + EACH * size))
                .arg(format!("--cpu={SECONDS}"))
                .arg(self.0.join("ckptinfo"))
                .arg(view)
                .arg(self.0.join("image"))
                .stdout(fs::File::create(self.0.join("shown")).unwrap())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let status = if is_whole { 0 } else { 3 };
            assert!(
                output.status.code() == Some(status),
                "{view} of {size} bytes: {} {said}",
                output.status
            );
            let shown = fs::metadata(self.0.join("shown")).unwrap().len();
            assert!(shown <= PRINTED * size, "{view} of {size} bytes: {shown}");
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn at<R: Record>(parts: &[Part]) -> usize {
    parts.iter().position(|part| part.kind == R::KIND).unwrap()
}

#[test]
fn handlers_that_block_all_signals() {
    let action = |signal| SigAction {
        handler: 1,
        flags: 0,
        restorer: 0,
        mask: u64::MAX,
        signal,
        reserved: 0,
    };
    let actions: Vec<SigAction> = (1..=64).map(action).collect();
    let mut parts = testing::processes(420);
    for at in 0..parts.len() {
        if parts[at].kind == Sighand::KIND {
            parts[at].change(|head: &mut Sighand| head.nr_actions = 64);
            parts[at + 1] = Part::buffer(&actions);
        }
    }
    Image::new("handlers", &parts).show(true);
}

#[test]
fn a_queue_of_the_same_signal() {
    let info = SigInfo {
        signo: 34,
        errno: 0,
        code: -1,
        padding: 0,
        fields: [0; 4],
        flags: 0,
        reserved: 0,
    };
    let mut parts = testing::minimal();
    let queue = parts
        .iter()
        .position(|part| {
            part.get::<SigPending>()
                .is_some_and(|queue| queue.nr_entries > 0)
        })
        .unwrap();
    parts[queue].change(|queue: &mut SigPending| {
        queue.nr_entries = limits::PENDING;
        queue.pending |= 1 << 33;
    });
    parts[queue + 1] = Part::buffer(&vec![info; limits::PENDING as usize]);
    Image::new("queue", &parts).show(true);
}

#[test]
fn a_chain_of_tasks_that_are_not_there() {
    let mut parts = testing::minimal();
    let tree = at::<Tree>(&parts);
    let chain: Vec<TreeEntry> = (0..limits::TASKS)
        .map(|place| TreeEntry {
            pid: testing::MINIMAL_PID + place as i32,
            parent: place.checked_sub(1).unwrap_or(OUTSIDE),
            leader: place,
            session: OUTSIDE,
            mm: place,
            sighand: place,
            pidns: OUTSIDE,
            children_pidns: OUTSIDE,
            ..TreeEntry::new_zeroed()
        })
        .collect();
    parts[tree].change(|tree: &mut Tree| tree.nr_tasks = limits::TASKS);
    parts[tree + 1] = Part::buffer(&chain);
    Image::new("chain", &parts).show(false);
}
