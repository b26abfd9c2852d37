// SPDX-License-Identifier: GPL-2.0-only

//! `checkpoint` and `restart` by an ordinary user, with a control group of the user's own or without one.

use std::{
    ffi::CString,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    errno::Errno,
    sys::{
        signal::Signal,
        wait::{
            waitpid,
            WaitPidFlag,
            WaitStatus, //
        },
    },
    unistd::Pid, //
};

use super::{
    from,
    refused,
    save::stuck,
    storm::Before,
    Scene,
    ToolTest, //
};
use crate::{
    apps::find,
    args,
    process::{
        self,
        send,
        End,
        Start, //
    },
    run::{
        Allowed,
        Outcome, //
    },
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/other_proc",
        about: "checkpoint refuses where /proc is that of another pid namespace: its numbers mean others.",
        run: other_proc,
    },
    ToolTest {
        name: "tools/user_delegated",
        about: "An ordinary user saves a process in a control group of the user's own.",
        run: |scene| saves(scene, true),
    },
    ToolTest {
        name: "tools/user_signals",
        about: "In one that is not the user's, too; its parent is told of no stop.",
        run: |scene| saves(scene, false),
    },
    ToolTest {
        name: "tools/user_tree",
        about: "The same with a tree, whose pids an ordinary user cannot have again.",
        run: saves_tree,
    },
    ToolTest {
        name: "tools/user_refused_at_once",
        about: "What the sysctl forbids is refused before anything is done, and without other words.",
        run: refused_at_once,
    },
    ToolTest {
        name: "tools/user_yama",
        about: "Where Yama keeps a user from tracing, checkpoint says so.",
        run: yama,
    },
    ToolTest {
        name: "tools/user_chooses_pids",
        about: "restart with CAP_CHECKPOINT_RESTORE, from its file or from its caller, gives a user's tree its \
                pids; the tree does not keep the capability.",
        run: chooses_pids,
    },
    ToolTest {
        name: "tools/user_vforks",
        about: "The same with a shell that starts commands by vfork(2) all the time.",
        run: saves_vforks,
    },
    ToolTest {
        name: "tools/user_left_stopped",
        about: "checkpoint --stop leaves the processes stopped; a copy runs.",
        run: left_stopped,
    },
    ToolTest {
        name: "tools/user_partly_stopped",
        about: "Of a tree of which a part is stopped that part stays so, in a copy as well.",
        run: partly_stopped,
    },
    ToolTest {
        name: "tools/user_checkpoint_killed",
        about: "kill -9 of a checkpoint that has frozen a process: it goes on soon.",
        run: checkpoint_killed,
    },
];

/// The user: nobody.
const USER: u32 = 65534;
/// A process that has to be that of the user.
const TARGET: &str = "task/unprivileged";

/// Starts a program of the user, with a control group of the user's own or without.
fn target_of(scene: &mut Scene<'_, '_>, name: &str, delegated: bool) -> Result<i32> {
    match delegated {
        true => scene.trial.give_to(USER)?,
        false => scene.trial.give_files_to(USER)?,
    }
    let start = scene.trial.prepare(&scene.setup.tests.join(name))?;
    let pid = start.user(USER).spawn()?;
    scene.is_ready(pid, name)
}

/// Restarts the image of one process, and waits for its end.
fn restart_waiting(scene: &mut Scene<'_, '_>) -> Result<()> {
    let image = scene.image();
    let strict = scene.restart(&from(&image, &["--pids"]))?;
    refused(&strict, Some(126), &["CAP_CHECKPOINT_RESTORE"])?;
    scene.trial.go()?;
    let done = scene.restart(&from(&image, &["--wait"]))?;
    ensure!(
        done.said.contains("another pid") && done.said.contains("CAP_CHECKPOINT_RESTORE"),
        "restart says nothing of another pid:\n{}",
        done.said
    );
    done.well("restart --wait")?;
    Ok(())
}

fn saves(scene: &mut Scene<'_, '_>, delegated: bool) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, TARGET, delegated)?;
    let image = scene.image();
    for more in [&["--continue"][..], &["--no-capture"], &["--kill"]] {
        let mut args = args!["-o", image.display(), "--force"];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        scene.trial.checkpoint(&args)?.well("checkpoint")?;
        if more != ["--kill"] {
            // We are its parent.
            let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED;
            let told = waitpid(Pid::from_raw(pid), Some(flags))?;
            ensure!(
                told == WaitStatus::StillAlive,
                "the parent is told: {told:?}"
            );
        }
    }
    let end = process::wait(pid, scene.trial.limit(), "it to be killed")?;
    ensure!(end == End::Killed(Signal::SIGKILL), "{end}");
    restart_waiting(scene)?;
    Ok(Outcome::Passed)
}

fn saves_tree(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, "tree/child", false)?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    refused(
        &done,
        Some(4),
        &[
            "processes and threads",
            "CAP_CHECKPOINT_RESTORE",
            "--new-pids",
        ],
    )?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn refused_at_once(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const SYSCTL: &str = "/proc/sys/kernel/ckpt_unpriv_allowed";
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, TARGET, false)?;
    let image = scene.image();
    let save = args!["-o", image.display(), "--force", pid];
    scene.trial.checkpoint(&save)?.well("checkpoint")?;
    let says_only = |done: &crate::tools::Done, words: &[&str]| {
        refused(done, Some(4), words)?;
        for other in ["another pid", "time namespace"] {
            ensure!(!done.said.contains(other), "it says:\n{}", done.said);
        }
        Ok(())
    };
    fs::write(SYSCTL, "1")?;
    let words = ["cannot restart", "kernel.ckpt_unpriv_allowed=2"];
    says_only(&scene.restart(&from(&image, &["--detach"]))?, &words)?;
    let words = ["could not restart the tree", "--kill-anyway"];
    let kill = args!["-o", image.display(), "--force", "--kill", pid];
    says_only(&scene.trial.checkpoint(&kill)?, &words)?;
    fs::write(SYSCTL, "0")?;
    let words = ["cannot save", "kernel.ckpt_unpriv_allowed=1"];
    says_only(&scene.trial.checkpoint(&save)?, &words)?;
    fs::write(SYSCTL, "2")?;
    let done = scene.restart(&from(&image, &["--pidns"]))?;
    refused(
        &done,
        Some(126),
        &["pid namespace", "CAP_SYS_ADMIN", "--new-pids"],
    )?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn yama(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, TARGET, false)?;
    let Ok(before) = fs::read_to_string(SCOPE) else {
        return Ok(Outcome::Skipped("the kernel has no Yama".to_owned()));
    };
    fs::write(SCOPE, "1")?;
    let image = scene.image();
    let done = scene.trial.checkpoint(&args!["-o", image.display(), pid]);
    fs::write(SCOPE, before.trim())?;
    refused(&done?, Some(4), &["Yama", "kernel.yama.ptrace_scope=0"])?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// The number of CAP_CHECKPOINT_RESTORE.
const CHECKPOINT_RESTORE: u32 = 40;

/// Gives the capability to a file, permitted and effective.
fn give_to_file(path: &Path) -> Result<()> {
    const REVISION_2: u32 = 0x0200_0000;
    const EFFECTIVE: u32 = 1;
    let high = 1 << (CHECKPOINT_RESTORE - 32);
    // Permitted and inheritable, the lower word of each first.
    let words = [REVISION_2 | EFFECTIVE, 0, 0, high, 0];
    let value: Vec<u8> = words
        .iter()
        .flat_map(|word: &u32| word.to_le_bytes())
        .collect();
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the kernel reads two strings and as many bytes as the vector has.
    let result = unsafe {
        libc::setxattr(
            path.as_ptr(),
            c"security.capability".as_ptr(),
            value.as_ptr().cast(),
            value.len(),
            0,
        )
    };
    Errno::result(result).context("setxattr")?;
    Ok(())
}

fn chooses_pids(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let capable = scene.trial.beside("capable");
    fs::copy(scene.setup.tools.found("ckpt")?, &capable)?;
    give_to_file(&capable)?;
    for from_file in [true, false] {
        let pid = target_of(scene, "tree/child", false)?;
        let family = process::family(pid);
        let image = scene.image();
        scene
            .trial
            .checkpoint(&args!["-o", image.display(), "--force", "--kill", pid])?
            .well("checkpoint")?;
        scene.trial.killed(pid, &family)?;
        let output = scene.trial.restart_output();
        let start = if from_file {
            let args = args!["restart", "--detach", image.display()];
            Start::new(&capable).args(&args).output(&output)?
        } else {
            let args = args!["--detach", image.display()];
            scene.setup.tools.start("restart", &args, &output)?
        };
        let start = start.cgroup(scene.trial.cgroup()?.procs());
        let start = match from_file {
            true => start.user(USER),
            false => start.capable_user(USER, CHECKPOINT_RESTORE),
        };
        let done = scene
            .trial
            .finish_tool(start.spawn()?, "restart", &output)?;
        done.well("restart")?;
        ensure!(process::family(pid) == family, "it has other pids");
        for pid in &family {
            let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
            let mut sets = status.lines().filter(|line| line.starts_with("Cap"));
            let none = "\t0000000000000000";
            ensure!(
                sets.all(|line| line.starts_with("CapBnd") || line.ends_with(none)),
                "process {pid} has capabilities:\n{status}"
            );
        }
        scene.ends_well(pid)?;
        for word in ["ready", "go"] {
            fs::remove_file(scene.trial.work().join(word))?;
        }
    }
    Ok(Outcome::Passed)
}

fn saves_vforks(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    // Unlike bash it has vfork(2) for this.
    let Some(dash) = crate::apps::find("dash") else {
        return Ok(Outcome::Skipped("there is no dash".to_owned()));
    };
    let _allowed = Allowed::new()?;
    scene.trial.give_files_to(USER)?;
    let script = ": >ready; until [ -e go ]; do /bin/true; done";
    let start = scene.trial.prepare(&dash)?.args(&["-c", script]);
    let pid = scene.is_ready(start.user(USER).spawn()?, "dash")?;
    let image = scene.image();
    for time in 0..5 {
        scene
            .trial
            .checkpoint(&args!["-o", image.display(), "--force", pid])?
            .well("checkpoint")
            .with_context(|| format!("time {time}"))?;
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn left_stopped(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, TARGET, false)?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--stop", pid])?
        .well("checkpoint --stop")?;
    super::in_state(pid, 'T', scene.trial.limit())?;
    super::finish_off(pid)?;
    restart_waiting(scene)?;
    Ok(Outcome::Passed)
}

fn partly_stopped(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, "tree/child", false)?;
    let family = process::family(pid);
    let child = *family.last().context("no child")?;
    send(child, Signal::SIGSTOP)?;
    super::in_state(child, 'T', scene.trial.limit())?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    ensure!(
        process::state(pid) != Some('T') && process::state(child) == Some('T'),
        "other processes are stopped than before"
    );
    let log = scene.trial.beside("tree");
    let tool = scene
        .setup
        .tools
        .start("ckptinfo", &args!["--tree", image.display()], &log)?
        .spawn()?;
    let tree = scene
        .trial
        .finish_tool(tool, "ckptinfo", &log)?
        .well("ckptinfo")?;
    ensure!(
        tree.lines().filter(|line| line.contains("stopped")).count() == 1,
        "the image has others:\n{tree}"
    );
    send(child, Signal::SIGCONT)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn checkpoint_killed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let _allowed = Allowed::new()?;
    let pid = target_of(scene, TARGET, false)?;
    let before = Before::new();
    let (tool, log, read) = stuck(scene, pid, true)?;
    send(tool, Signal::SIGKILL)?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    ensure!(done.end == End::Killed(Signal::SIGKILL), "{}", done.end);
    drop(read);
    before.comes_back(scene, &[pid])?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn other_proc(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let commands = find("unshare").zip(find("checkpoint"));
    let (unshare, checkpoint) = commands.context("a command is missing")?;
    let checkpoint = checkpoint.display().to_string();
    let line = ["--pid", "--fork", &checkpoint, "--kill", "2"];
    let pid = scene.trial.prepare(&unshare)?.args(&line).spawn()?;
    let end = process::wait(pid, scene.trial.limit(), "checkpoint to end")?;
    let said = scene.trial.said();
    ensure!(
        end == End::Exit(1) && said.contains("/proc is that of another pid namespace"),
        "checkpoint: {end}\n{said}"
    );
    Ok(Outcome::Passed)
}
