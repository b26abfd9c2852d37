// SPDX-License-Identifier: GPL-2.0-only

//! Images that cannot be written to their end, or not at all: no file is left, and the program runs on.

use std::{
    fs,
    fs::File, //
};

use anyhow::{
    ensure,
    Result, //
};
use nix::{
    fcntl::OFlag,
    mount::{
        mount,
        umount,
        MsFlags, //
    },
    unistd::pipe2, //
};

use super::{
    contents::LARGE,
    refused,
    save::written,
    Scene,
    ToolTest,
    TARGET, //
};
use crate::{
    args,
    process::{
        self,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/output_exists",
        about: "An image that is there already is kept, unless --force is given.",
        run: output_exists,
    },
    ToolTest {
        name: "tools/output_folder_missing",
        about: "An output that cannot be made is an error; the program runs on.",
        run: output_folder_missing,
    },
    ToolTest {
        name: "tools/disk_full",
        about: "On a full disk no file is left, and the program runs on.",
        run: |scene| disk_full(scene, TARGET, "64k"),
    },
    ToolTest {
        name: "tools/contents_disk_full",
        about: "The same when the disk is full in the middle of what a large deleted file holds.",
        run: |scene| disk_full(scene, LARGE, "20m"),
    },
    ToolTest {
        name: "tools/reader_gone",
        about: "When the reader of the pipe goes away the program runs on.",
        run: reader_gone,
    },
    ToolTest {
        name: "tools/reader_gone_at_the_end",
        about: "The same when all of the image is in the pipe already, but not read yet.",
        run: reader_gone_at_the_end,
    },
];

fn output_exists(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    fs::write(&image, "precious")?;
    let done = scene.trial.checkpoint(&args!["-o", image.display(), pid])?;
    refused(&done, None, &["image"])?;
    ensure!(fs::read(&image)? == b"precious", "the file was overwritten");
    let done = scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--force", pid])?;
    done.well("checkpoint --force")?;
    ensure!(fs::metadata(&image)?.len() > 8192, "no image was written");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn output_folder_missing(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let missing = scene.trial.beside("missing").join("image");
    let done = scene
        .trial
        .checkpoint(&args!["-o", missing.display(), "--kill", pid])?;
    refused(&done, None, &["missing"])?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn disk_full(scene: &mut Scene<'_, '_>, target: &str, size: &str) -> Result<Outcome> {
    let pid = scene.target_of(target)?;
    let small = scene.trial.beside("small");
    fs::create_dir(&small)?;
    mount(
        Some("tmpfs"),
        &small,
        Some("tmpfs"),
        MsFlags::empty(),
        Some(format!("size={size}").as_str()),
    )?;
    let image = small.join("image");
    let mut result = Ok(());
    // From a capture, or while the program is frozen.
    for more in [&[][..], &["--no-capture"], &["--kill"]] {
        let mut args = args!["-o", image.display()];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        result = result.and_then(|()| {
            let done = scene.trial.checkpoint(&args)?;
            refused(&done, None, &["space"])?;
            let left = fs::read_dir(&small)?.flatten().count();
            ensure!(left == 0, "{left} files are left on the full disk");
            Ok(())
        });
    }
    umount(&small)?;
    result?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn reader_gone(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let log = scene.trial.beside("log");
    let args = args!["-o", "-", "--kill", pid];
    let tool = scene
        .trial
        .checkpoint_tool(&args, &log, File::from(write).into())?;
    drop(read);
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    ensure!(
        done.end != End::Exit(0),
        "nobody took the image, and it ended well"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn reader_gone_at_the_end(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    for how in ["--kill", "--stop"] {
        let (tool, log, read) = written(scene, pid, how)?;
        drop(read);
        let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
        refused(&done, Some(1), &["Broken pipe", "What reads the image"])?;
        ensure!(
            !matches!(process::state(pid), Some('T' | 'Z') | None),
            "the program does not run on after {how}"
        );
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}
