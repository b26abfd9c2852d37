// SPDX-License-Identifier: GPL-2.0-only

//! `checkpoint` and `ckptinfo`.

use std::{
    fs,
    fs::File,
    io::Read,
    path::{
        Path,
        PathBuf, //
    },
    thread,
    time::Duration, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::{
        fcntl,
        FcntlArg,
        OFlag, //
    },
    sys::signal::Signal,
    unistd::pipe2, //
};

use super::{
    finish_off,
    in_state,
    refused,
    Scene,
    ToolTest, //
};
use crate::{
    args,
    process::{
        self,
        send,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/kill_two_users",
        about: "With --kill a tree that could not be restarted is not saved, unless --kill-anyway is given.",
        run: kill_two_users,
    },
    ToolTest {
        name: "tools/limits_told",
        about: "Limits of the program's control group that checkpoint does not have are told in the log.",
        run: limits_told,
    },
    ToolTest {
        name: "tools/hostile_names",
        about: "Names of processes, files and control groups do not speak to the terminal.",
        run: hostile_names,
    },
    ToolTest {
        name: "tools/interrupted",
        about: "Ctrl-C in the middle: no image, no control group is left, the program runs on.",
        run: |scene| interrupted(scene, false),
    },
    ToolTest {
        name: "tools/interrupted_while_frozen",
        about: "Ctrl-C while the program is frozen and written: it is thawed and runs on.",
        run: |scene| interrupted(scene, true),
    },
    ToolTest {
        name: "tools/thawed_while_written",
        about: "A program that is thawed while it is written is not saved, and checkpoint does not try again.",
        run: thawed_while_written,
    },
    ToolTest {
        name: "tools/stop",
        about: "checkpoint --stop leaves the program stopped; it can be continued.",
        run: stop,
    },
    ToolTest {
        name: "tools/in_its_cgroup",
        about: "checkpoint --cgroup freezes by the control group that the program is in.",
        run: in_its_cgroup,
    },
    ToolTest {
        name: "tools/frozen_already",
        about: "A program that was frozen before is saved and stays frozen.",
        run: frozen_already,
    },
    ToolTest {
        name: "tools/stopped_stays_stopped",
        about: "A program that was stopped is saved and is stopped afterwards.",
        run: stopped_stays_stopped,
    },
    ToolTest {
        name: "tools/vforks",
        about: "A shell that starts commands by vfork(2) all the time is saved each time.",
        run: vforks,
    },
    ToolTest {
        name: "tools/no_such_process",
        about: "Processes that cannot be saved are errors with a sentence: none, a kernel thread.",
        run: no_such_process,
    },
    ToolTest {
        name: "tools/logfile",
        about: "The kernel's messages go to --logfile as well.",
        run: logfile,
    },
    ToolTest {
        name: "tools/quiet",
        about: "With --quiet nothing is printed when all goes well.",
        run: quiet,
    },
    ToolTest {
        name: "tools/ckptinfo",
        about: "ckptinfo shows a good image in every form, and refuses a damaged one.",
        run: ckptinfo,
    },
    ToolTest {
        name: "tools/debugger",
        about: "Neither what gdb debugs nor gdb itself is saved; both go on.",
        run: debugger,
    },
    ToolTest {
        name: "tools/parallel_saves",
        about: "Several programs can be saved at the same time.",
        run: parallel_saves,
    },
];

fn kill_two_users(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const TWO_USERS: &str = "task/two_users";
    let pid = scene.target_of(TWO_USERS)?;
    let image = scene.image();
    let kill = args!["-o", image.display(), "--kill", pid];
    let done = scene.trial.checkpoint_without_setuid(&kill)?;
    let wanted = [
        "could not restart",
        "permitted capabilities 0x80",
        "--kill-anyway",
    ];
    refused(&done, None, &wanted)?;
    ensure!(!image.exists(), "an image was left");
    // That a file may be replaced is another matter.
    fs::write(&image, "old")?;
    let force = args!["-o", image.display(), "--kill", "--force", pid];
    let done = scene.trial.checkpoint_without_setuid(&force)?;
    refused(&done, None, &wanted)?;
    ensure!(fs::read(&image)? == b"old", "the file was replaced");
    fs::remove_file(&image)?;
    scene.ends_well(pid)?;
    scene.nobody_left()?;

    // The next one is told anew when to go.
    for word in ["ready", "go"] {
        fs::remove_file(scene.trial.work().join(word))?;
    }
    let pid = scene.target_of(TWO_USERS)?;
    let kill = args!["-o", image.display(), "--kill", "--kill-anyway", pid];
    let done = scene.trial.checkpoint_without_setuid(&kill)?;
    done.well("checkpoint --kill-anyway")?;
    ensure!(image.exists(), "no image was written");
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

fn limits_told(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let group = scene.trial.cgroup()?.path().to_owned();
    let above = group.parent().context("no folder")?;
    fs::write(above.join("cgroup.subtree_control"), "+pids")?;
    let (image, log) = (scene.image(), scene.trial.beside("log"));
    let save = args!["-o", image.display(), "--force", "-l", log.display(), pid];
    scene.trial.checkpoint(&save)?.well("checkpoint")?;
    ensure!(
        !fs::read_to_string(&log)?.contains("tasks"),
        "a limit is told that is none"
    );
    fs::write(group.join("pids.max"), "4711")?;
    scene.trial.checkpoint(&save)?.well("checkpoint")?;
    let said = fs::read_to_string(&log)?;
    ensure!(
        said.contains("allows 4711 tasks, that of this command no limit"),
        "the limit is not told: {said}"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// Starts `checkpoint` with a pipe that takes all of the image, and waits until nothing is left to be done but
/// to read it.
pub(super) fn written(scene: &Scene<'_, '_>, pid: i32, how: &str) -> Result<(i32, PathBuf, File)> {
    /// More than the image has.
    const ROOM: i32 = 16 << 20;
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&write, FcntlArg::F_SETPIPE_SZ(ROOM))?;
    let log = scene.trial.beside("log");
    let args = args!["-o", "-", how, pid];
    let tool = scene
        .trial
        .checkpoint_tool(&args, &log, File::from(write).into())?;
    let mut read = File::from(read);
    let mut start = [0; 4096];
    read.read_exact(&mut start)?;
    process::until(scene.trial.limit(), "checkpoint to wait", || {
        ensure!(process::ended(tool)?.is_none(), "checkpoint has ended");
        let call = process::sleeps_in(tool);
        Ok([libc::SYS_poll, libc::SYS_ppoll]
            .map(Some)
            .contains(&call)
            .then_some(()))
    })?;
    Ok((tool, log, read))
}

fn hostile_names(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const NAME: &str = "a\u{1b}[31m\u{9b}b";
    const FILE: &str = "c\u{1b}]0;d\u{7}\u{202e}\ne";
    let speaks = |text: &str| {
        let unsafe_one = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        text.chars().any(unsafe_one) || text.lines().any(|line| line.starts_with('e'))
    };
    let before = format!("printf %s '{NAME}' >/proc/$$/comm\nexec 7>'{FILE}'");
    let pid = scene.shell(&before, "exit 0")?;
    let group = scene.trial.cgroup()?.path().join(NAME);
    fs::create_dir(&group)?;
    let join = |pid: i32, group: &Path| fs::write(group.join("cgroup.procs"), pid.to_string());
    join(pid, &group)?;
    let image = scene.image();
    let mut said = Vec::new();
    for how in ["-v", "-vv"] {
        let save = args!["-o", image.display(), "--force", how, pid];
        said.push(scene.trial.checkpoint(&save)?.well("checkpoint -v")?);
    }
    for more in ["-s", "-r", "-m", "-t", "-p", "-f", "--registers", "--json"] {
        let done = info(scene, &image, &[more])?;
        said.push(done.well(&format!("ckptinfo {more}"))?);
    }
    // That of a lost file is told by the kernel.
    fs::rename(
        scene.trial.work().join(FILE),
        scene.trial.work().join("gone"),
    )?;
    let log = scene.trial.beside("kernel.log");
    let log_name = log.display().to_string();
    let more = ["--new-pids", "--detach", "-v", "--logfile", &log_name];
    let done = scene.restart(&super::from(&image, &more))?;
    refused(&done, None, &["kernel:"])?;
    said.push(done.said);
    let log = fs::read_to_string(&log)?;
    ensure!(log.contains("c\\x1b]0;d"), "the log: {log:?}");
    said.push(log);
    let odd = scene.trial.beside(FILE).join(FILE);
    let done = scene.trial.checkpoint(&args!["-o", odd.display(), pid])?;
    refused(&done, None, &["cannot write in"])?;
    said.push(done.said);
    join(pid, scene.trial.cgroup()?.path())?;
    fs::remove_dir(&group)?;
    let bad = said.iter().find(|text| speaks(text));
    ensure!(bad.is_none(), "it speaks to the terminal: {bad:?}");
    let json = said.iter().find(|text| text.starts_with('{'));
    ensure!(
        json.is_some_and(|json| json.contains("\\u202e\\ne") && json.contains("\\u009b")),
        "--json has lost a name"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// Starts `checkpoint` with a pipe for its output, and waits until that is full.
pub fn stuck(scene: &Scene<'_, '_>, pid: i32, frozen: bool) -> Result<(i32, PathBuf, File)> {
    let mut args = Vec::new();
    if frozen {
        args.push("--kill".to_owned());
    }
    args.push(pid.to_string());
    stuck_with(scene, &args)
}

/// The same with these arguments.
pub fn stuck_with(scene: &Scene<'_, '_>, more: &[String]) -> Result<(i32, PathBuf, File)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let log = scene.trial.beside("log");
    let mut args = args!["-o", "-"];
    args.extend_from_slice(more);
    let tool = scene
        .trial
        .checkpoint_tool(&args, &log, File::from(write).into())?;
    process::until_stuck(tool, scene.trial.limit())
        .context("the tool has ended although the pipe is full")?;
    Ok((tool, log, read.into()))
}

fn thawed_while_written(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const RAN: &str = "the task ran during the checkpoint";
    let pid = scene.target()?;
    let (tool, log, mut read) = stuck(scene, pid, true)?;
    // A thaw of what was not frozen would be nothing.
    scene.trial.cgroup()?.freeze(true)?;
    scene.trial.cgroup()?.freeze(false)?;
    let mut image = Vec::new();
    read.read_to_end(&mut image)?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    refused(&done, Some(1), &[RAN])?;
    // The reason is the last thing in the image.
    let end = image.len().saturating_sub(512);
    ensure!(
        String::from_utf8_lossy(&image[end..]).contains(RAN),
        "the image does not end with the reason"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// The image goes to a pipe that nobody empties, until the tool is told to stop.
fn interrupted(scene: &mut Scene<'_, '_>, frozen: bool) -> Result<Outcome> {
    let pid = scene.target()?;
    let (tool, log, read) = stuck(scene, pid, frozen)?;
    send(tool, Signal::SIGINT)?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    ensure!(
        matches!(done.end, End::Killed(Signal::SIGINT) | End::Exit(1..)),
        "after SIGINT: {}\n{}",
        done.end,
        done.said
    );
    drop(read);
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn stop(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--stop", pid])?
        .well("checkpoint --stop")?;
    in_state(pid, 'T', scene.trial.limit())?;
    send(pid, Signal::SIGCONT)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn in_its_cgroup(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    let group = scene.trial.cgroup()?.procs();
    let group = group.parent().context("no folder")?.display().to_string();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--cgroup", group, pid])?
        .well("checkpoint --cgroup")?;
    let events = fs::read_to_string(Path::new(&group).join("cgroup.events"))?;
    ensure!(
        events.contains("frozen 0"),
        "the control group is still frozen"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn frozen_already(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    scene.trial.cgroup()?.freeze(true)?;
    let done = scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--no-freeze", pid])?;
    let events = scene
        .trial
        .cgroup()?
        .procs()
        .with_file_name("cgroup.events");
    let frozen = fs::read_to_string(events)?.contains("frozen 1");
    scene.trial.cgroup()?.freeze(false)?;
    done.well("checkpoint --no-freeze")?;
    ensure!(frozen, "the program was thawed");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn stopped_stays_stopped(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    send(pid, Signal::SIGSTOP)?;
    in_state(pid, 'T', scene.trial.limit())?;
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    ensure!(
        process::state(pid) == Some('T'),
        "the program was continued"
    );
    send(pid, Signal::SIGCONT)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn vforks(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const TIMES: u32 = 20;
    // Unlike bash it has vfork(2) for this.
    let Some(dash) = crate::apps::find("dash") else {
        return Ok(Outcome::Skipped("there is no dash".to_owned()));
    };
    let script = "start() { until [ -e go ]; do /bin/true; done; }
        : >ready; start & start & start & start & wait";
    let start = scene.trial.prepare(&dash)?.args(&["-c", script]);
    let pid = scene.is_ready(start.spawn()?, "dash")?;
    let image = scene.image();
    for more in [&["--continue"][..], &["--continue", "--no-capture"]] {
        let mut args = args!["-o", image.display(), "--force"];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        for time in 0..TIMES {
            let done = scene.trial.checkpoint(&args)?;
            done.well("checkpoint")
                .with_context(|| format!("time {time} {more:?}"))?;
        }
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn no_such_process(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let image = scene.image();
    for (pid, text) in [(4_194_303, "4194303"), (2, "kernel thread")] {
        let done = scene.trial.checkpoint(&args!["-o", image.display(), pid])?;
        refused(&done, None, &[text])?;
        ensure!(!image.exists(), "an image was made");
    }
    Ok(Outcome::Passed)
}

fn logfile(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    // A pipe on descriptor 7 cannot be saved.
    let (read, _write) = pipe2(OFlag::O_CLOEXEC)?;
    let read = File::from(read);
    let program = scene.setup.tests.join("files/umask");
    let start = scene.trial.prepare(&program)?;
    let pid = start.fd(crate::trial::number(&read), 7).spawn()?;
    ensure!(scene.trial.ready(pid)?.is_none(), "the program has ended");
    let (image, log) = (scene.image(), scene.trial.beside("kernel.log"));
    let args = args!["-o", image.display(), "--logfile", log.display(), pid];
    let done = scene.trial.checkpoint(&args)?;
    refused(&done, None, &["pipe", "fd 7"])?;
    let text = fs::read_to_string(&log)?;
    ensure!(
        text.contains("pipe") && text.contains(&pid.to_string()),
        "the log says: {text}"
    );
    finish_off(pid)?;
    Ok(Outcome::Passed)
}

fn quiet(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    let said = scene
        .trial
        .checkpoint(&args!["-o", image.display(), "--quiet", "--kill", pid])?
        .well("checkpoint --quiet")?;
    ensure!(said.is_empty(), "checkpoint --quiet has printed {said:?}");
    process::wait(pid, scene.trial.limit(), "it to be killed")?;
    let args = super::from(&image, &["--quiet", "--detach"]);
    let said = scene.restart(&args)?.well("restart --quiet")?;
    ensure!(said.is_empty(), "restart --quiet has printed {said:?}");
    let pid = scene.trial.restarted()?.context("no pid")?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn ckptinfo(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let wanted = [
        (&[][..], "everything"),
        (&["--records"], "TAIL"),
        (&["--maps"], "everything"),
        (&["--fds"], "/dev/zero"),
        (&["--registers"], "ip"),
        (&["--tree"], "everything"),
        (&["--json"], "\"everything\""),
    ];
    for (more, text) in wanted {
        let done = info(scene, &image, more)?;
        ensure!(
            done.end == End::Exit(0),
            "ckptinfo {more:?}: {}\n{}",
            done.end,
            done.said
        );
        ensure!(
            done.said.contains(text),
            "ckptinfo {more:?} does not say {text}:\n{}",
            done.said
        );
    }
    let mut bytes = Vec::new();
    File::open(&image)?.read_to_end(&mut bytes)?;
    bytes.truncate(bytes.len() - 40);
    fs::write(&image, bytes)?;
    let done = info(scene, &image, &[])?;
    refused(&done, Some(3), &[])?;
    Ok(Outcome::Passed)
}

fn info(scene: &Scene<'_, '_>, image: &Path, more: &[&str]) -> Result<crate::tools::Done> {
    let output = scene.trial.beside("info");
    let _ = fs::remove_file(&output);
    let mut args = args![image.display()];
    args.extend(more.iter().map(ToString::to_string));
    let tools = &scene.setup.tools;
    let pid = tools.start("ckptinfo", &args, &output)?.spawn()?;
    tools.finish(pid, "ckptinfo", &output)
}

fn debugger(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let Some(gdb) = crate::apps::find("gdb") else {
        return Ok(Outcome::Skipped("there is no gdb".to_owned()));
    };
    let debugged = scene.target()?;
    let wait = "shell : >attached; until [ -e detach ]; do sleep 0.1; done";
    let gdb = scene
        .trial
        .prepare(&gdb)?
        .args(&["-nx", "-batch", "-p", &debugged.to_string(), "-ex", wait])
        .spawn()?;
    let work = scene.trial.work();
    process::until(scene.trial.limit(), "gdb to attach", || {
        Ok(work.join("attached").exists().then_some(()))
    })?;
    let image = scene.image();
    for (pid, why) in [(debugged, "is being traced"), (gdb, "traces another one")] {
        let done = scene
            .trial
            .checkpoint(&args!["-o", image.display(), "--kill", pid])?;
        refused(&done, None, &[why, "(ptrace)", "Detach the debugger"])?;
        ensure!(!image.exists(), "an image was made");
    }
    fs::write(work.join("detach"), "")?;
    let end = process::wait(gdb, scene.trial.limit(), "gdb to end")?;
    ensure!(end == End::Exit(0), "gdb: {end}\n{}", scene.trial.said());
    scene.ends_well(debugged)?;
    Ok(Outcome::Passed)
}

fn parallel_saves(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let program = scene.setup.tests.join("files/umask");
    let mut running = Vec::new();
    for number in 0..4 {
        let pid = scene.trial.prepare(&program)?.spawn()?;
        running.push((pid, scene.trial.beside(&format!("image-{number}"))));
    }
    // All write the same READY; give the last one time.
    thread::sleep(Duration::from_millis(500));
    let mut tools = Vec::new();
    for (pid, image) in &running {
        let args = args!["-o", image.display(), "--kill", pid];
        let log = scene.trial.beside(&format!("log-{pid}"));
        tools.push((
            scene
                .setup
                .tools
                .start("checkpoint", &args, &log)?
                .spawn()?,
            log,
        ));
    }
    for (tool, log) in tools {
        scene
            .trial
            .finish_tool(tool, "checkpoint", &log)?
            .well("one of four checkpoints")?;
    }
    for (pid, image) in running {
        let end = process::wait(pid, scene.trial.limit(), "it to be killed")?;
        ensure!(end == End::Killed(Signal::SIGKILL), "{end}");
        ensure!(image.exists(), "an image is missing");
    }
    Ok(Outcome::Passed)
}
