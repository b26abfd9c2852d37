// SPDX-License-Identifier: GPL-2.0-only

//! `restart`.

use std::{
    fs,
    fs::File,
    io::Write,
    path::Path,
    process::Stdio,
    thread,
    time::Duration, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::OFlag,
    sys::signal::Signal,
    unistd::pipe2, //
};

use super::{
    finish_off,
    from,
    halfway::REST,
    refused,
    Scene,
    ToolTest, //
};
use crate::{
    args,
    cgroup::Cgroup,
    process::{
        self,
        send,
        until,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/pid_taken",
        about: "restart, also with --pids, says what has the pid and what else to do, and leaves nothing.",
        run: pid_taken,
    },
    ToolTest {
        name: "tools/pids_taken",
        about: "When several pids of a tree are taken, restart names them.",
        run: pids_taken,
    },
    ToolTest {
        name: "tools/pids_are_the_old_ones",
        about: "Without an option a tree has the pids that it had; with --new-pids it has others.",
        run: pids_are_the_old_ones,
    },
    ToolTest {
        name: "tools/compressed",
        about: "A compressed image is named as one, with the pipe that reads it.",
        run: compressed,
    },
    ToolTest {
        name: "tools/wait_exit_status",
        about: "restart --wait exits with the program's status.",
        run: |scene| wait_for(scene, "", "exit 37", End::Exit(37)),
    },
    ToolTest {
        name: "tools/wait_killed",
        about: "restart --wait dies by the signal that killed the program.",
        run: |scene| wait_for(scene, "", "kill -TERM $$", End::Killed(Signal::SIGTERM)),
    },
    ToolTest {
        name: "tools/wait_is_the_default",
        about: "Without --wait or --detach restart waits.",
        run: wait_is_the_default,
    },
    ToolTest {
        name: "tools/signals_passed_on",
        about: "Signals for a waiting restart reach the program.",
        run: signals_passed_on,
    },
    ToolTest {
        name: "tools/detach_prints_pid",
        about: "restart --detach prints the pid and writes the map.",
        run: detach_prints_pid,
    },
    ToolTest {
        name: "tools/map_cannot_be_written",
        about: "When the map cannot be written nothing is restarted; one that is there already stays.",
        run: map_cannot_be_written,
    },
    ToolTest {
        name: "tools/frozen",
        about: "restart --frozen leaves the program frozen in a control group that it names.",
        run: frozen,
    },
    ToolTest {
        name: "tools/into_cgroup",
        about: "restart --cgroup puts the program there.",
        run: into_cgroup,
    },
    ToolTest {
        name: "tools/not_an_image",
        about: "What is no image is refused with exit status 3.",
        run: not_an_image,
    },
    ToolTest {
        name: "tools/nobody_sends_the_image",
        about: "Signals end a restart that waits for the first byte of a pipe, or for the writer of a FIFO.",
        run: nobody_sends_the_image,
    },
    ToolTest {
        name: "tools/own_failures",
        about: "What restart fails by itself is told from what the program exits with.",
        run: own_failures,
    },
    ToolTest {
        name: "tools/parallel_restarts",
        about: "One image can be restarted several times at once, with new pids.",
        run: parallel_restarts,
    },
    ToolTest {
        name: "tools/slow_pipe",
        about: "An image may come through a pipe in small pieces.",
        run: slow_pipe,
    },
];

fn pid_taken(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    let taken = format!("pid {pid} is in use by everything");
    for more in [&["--detach"][..], &["--detach", "--pids"]] {
        let done = scene.restart(&from(&image, more))?;
        refused(&done, Some(1), &[&taken, "--pidns", "--new-pids"])?;
        let left = scene.trial.cgroup()?.pids();
        ensure!(
            left == [pid],
            "processes are left: {left:?}, wanted {pid} only"
        );
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn pids_taken(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of("tree/child")?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    let mut left = process::family(pid);
    let done = scene.restart(&from(&image, &["--detach"]))?;
    let texts: Vec<String> = left.iter().map(|pid| format!("{pid} ")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    refused(&done, Some(1), &texts)?;
    ensure!(left.len() > 1, "it has no child");
    let mut still = scene.trial.cgroup()?.pids();
    left.sort_unstable();
    still.sort_unstable();
    ensure!(still == left, "there are {still:?}, there were {left:?}");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn pids_are_the_old_ones(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of("tree/child")?;
    let before = process::family(pid);
    let image = scene.saved(pid)?;
    scene.trial.save_work()?;
    scene.trial.restart_detached(&image, &args!["--new-pids"])?;
    for new in scene.trial.cgroup()?.pids() {
        ensure!(!before.contains(&new), "process {new} has an old pid");
        send(new, Signal::SIGKILL)?;
    }
    scene.nobody_left()?;
    process::reap_all();
    scene.trial.restore_work()?;
    let new = scene
        .trial
        .restart_detached(&image, &args!["--allow-changed-files"])?;
    let after = process::family(new);
    ensure!(before == after, "pids {after:?}, they were {before:?}");
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

fn compressed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let gzip = crate::apps::find("gzip").context("there is no gzip")?;
    let status = std::process::Command::new(gzip).arg(&image).status()?;
    ensure!(status.success(), "gzip: {status}");
    let packed = image.with_extension("gz");
    let done = scene.restart(&from(&packed, &[]))?;
    let pipe = format!("gzip -dc {} | restart", packed.display());
    refused(&done, Some(126), &["compressed (gzip)", &pipe])?;
    Ok(Outcome::Passed)
}

fn wait_for(scene: &mut Scene<'_, '_>, before: &str, after: &str, wanted: End) -> Result<Outcome> {
    let pid = scene.shell(before, after)?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    // With --pids: a shell remembers its own pid.
    let done = scene.restart(&from(&image, &["--wait", "--pids"]))?;
    ensure!(
        done.end == wanted,
        "restart --wait: {}, wanted {wanted}\n{}",
        done.end,
        done.said
    );
    Ok(Outcome::Passed)
}

fn wait_is_the_default(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("", "exit 5")?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let done = scene.restart(&args![image.display()])?;
    ensure!(
        done.end == End::Exit(5),
        "restart IMAGE: {}\n{}",
        done.end,
        done.said
    );
    Ok(Outcome::Passed)
}

fn signals_passed_on(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("trap 'exit 12' USR1; trap 'exit 13' TERM", "exit 1")?;
    let image = scene.saved(pid)?;
    for (signal, status) in [(Signal::SIGUSR1, 12), (Signal::SIGTERM, 13)] {
        let (tool, output) = scene
            .trial
            .start_restart(&from(&image, &["--wait"]), None)?;
        until(scene.trial.limit(), "the restarted program", || {
            scene.trial.restarted()
        })?;
        // The map is written before restart begins to listen.
        until(scene.trial.limit(), "restart to listen", || {
            Ok(process::blocks(tool, signal).then_some(()))
        })?;
        send(tool, signal)?;
        let done = scene.trial.finish_tool(tool, "restart", &output)?;
        ensure!(
            done.end == End::Exit(status),
            "after {signal}: {}\n{}",
            done.end,
            done.said
        );
    }
    Ok(Outcome::Passed)
}

fn detach_prints_pid(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let said = scene
        .restart(&from(&image, &["--detach"]))?
        .well("restart --detach")?;
    let new = scene.trial.restarted()?.context("no pid in the map")?;
    ensure!(
        said.trim() == new.to_string(),
        "it has printed {said:?}, the map says {new}"
    );
    ensure!(
        scene.trial.cgroup()?.pids() == [new],
        "there is another process"
    );
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

fn map_cannot_be_written(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let restart = |map: &Path, image: &Path| {
        let output = scene.trial.beside("without-map");
        let args = args!["--detach", "--map", map.display(), image.display()];
        let tools = &scene.setup.tools;
        let start = tools.start("restart", &args, &output)?;
        let tool = start.cgroup(scene.trial.cgroup()?.procs()).spawn()?;
        scene.trial.finish_tool(tool, "restart", &output)
    };
    let missing = scene.trial.beside("missing").join("map");
    let done = restart(&missing, &image)?;
    refused(&done, Some(1), &["cannot write in", "missing"])?;
    scene.nobody_left()?;
    // Of a restart that is refused no map is left, nor is an old one lost.
    let map = scene.trial.beside("other-map");
    let damaged = scene.trial.beside("damaged");
    let mut bytes = fs::read(&image)?;
    bytes.truncate(bytes.len() - REST);
    fs::write(&damaged, bytes)?;
    refused(&restart(&map, &damaged)?, Some(3), &[])?;
    ensure!(!map.exists(), "a map of nothing is left");
    fs::write(&map, "old")?;
    refused(&restart(&map, &damaged)?, Some(3), &[])?;
    ensure!(fs::read(&map)? == b"old", "the old map is lost");
    restart(&map, &image)?.well("restart --map")?;
    let text = fs::read_to_string(&map)?;
    ensure!(text == format!("{pid} {pid}\n"), "the map: {text:?}");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn frozen(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let done = scene.restart(&from(&image, &["--pids", "--frozen"]))?;
    let said = done.well("restart --frozen")?;
    let path = said
        .lines()
        .map(|line| line.trim().trim_start_matches("cgroup "))
        .find(|line| line.starts_with('/'))
        .context("restart --frozen has printed no path")?;
    let group = if path.starts_with("/sys/fs/cgroup") {
        Path::new(path).to_owned()
    } else {
        crate::cgroup::root()
            .context("no cgroups")?
            .join(path.trim_start_matches('/'))
    };
    let events = fs::read_to_string(group.join("cgroup.events"))?;
    ensure!(
        events.contains("frozen 1"),
        "{} is not frozen: {events}",
        group.display()
    );
    // GO is there, but it does not see it.
    thread::sleep(Duration::from_millis(300));
    ensure!(
        process::ended(pid)?.is_none(),
        "the frozen program has ended"
    );
    fs::write(group.join("cgroup.freeze"), "0")?;
    let end = process::wait(pid, scene.trial.limit(), "the thawed program to end")?;
    ensure!(
        end == End::Exit(0),
        "the thawed program has failed: {end}\n{}",
        scene.trial.said()
    );
    // It is ours to remove now.
    until(
        Duration::from_secs(5),
        "the control group to be removed",
        || Ok((fs::remove_dir(&group).is_ok() || !group.exists()).then_some(())),
    )?;
    Ok(Outcome::Passed)
}

fn into_cgroup(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let group = Cgroup::new("ckpt-test-into")?;
    let path = group.procs();
    let path = path.parent().context("no folder")?.display().to_string();
    let done = scene.restart(&from(&image, &["--detach", "--cgroup", &path]));
    let there = group.pids();
    let result = done.and_then(|done| done.well("restart --cgroup"));
    if let [new] = there[..] {
        let ended = scene.ends_well(new);
        group.remove()?;
        result.and(ended.map(|()| Outcome::Passed))
    } else {
        group.remove()?;
        result?;
        bail!("the program is not in the control group: {there:?}");
    }
}

fn not_an_image(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    for path in ["/bin/bash", "/etc/passwd", "/dev/null", "/dev/zero"] {
        for (more, status) in [(&[][..], 126), (&["--detach"], 3)] {
            let done = scene.restart(&from(Path::new(path), more))?;
            refused(&done, Some(status), &[])?;
        }
    }
    for (more, status) in [(&[][..], 127), (&["--detach"], 1)] {
        let done = scene.restart(&from(Path::new("/is/not/there"), more))?;
        refused(&done, Some(status), &["/is/not/there"])?;
    }
    let done = scene.restart(&from(Path::new("/"), &[]))?;
    refused(&done, None, &[])?;
    Ok(Outcome::Passed)
}

fn nobody_sends_the_image(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let fifo = scene.trial.beside("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU)?;
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (read, _write) = pipe2(OFlag::O_CLOEXEC)?;
        let input = Some(Stdio::from(read));
        let (tool, output) = scene.trial.start_restart(&args!["-i", "-"], input)?;
        super::ends_by(scene, tool, &output, signal)?;
        let (tool, output) = scene.trial.start_restart(&from(&fifo, &[]), None)?;
        super::ends_by(scene, tool, &output, signal)?;
    }
    // What comes late is read all the same.
    let pid = scene.target()?;
    let image = fs::read(scene.saved(pid)?)?;
    let (tool, output) = scene
        .trial
        .start_restart(&from(&fifo, &["--detach"]), None)?;
    scene.trial.blocked(tool, &[libc::SYS_ppoll])?;
    fs::write(&fifo, image)?;
    let done = scene.trial.finish_tool(tool, "restart", &output)?;
    done.well("restart -i FIFO")?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn own_failures(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("", "exit 3")?;
    let image = scene.saved(pid)?;
    let cut = scene.trial.beside("cut");
    let mut bytes = fs::read(&image)?;
    bytes.truncate(bytes.len() - REST);
    fs::write(&cut, bytes)?;
    let missing = Path::new("/is/not/there");
    let lines = [
        (from(&cut, &["--wait"]), 126),
        (from(&cut, &["--pidns"]), 126),
        (from(&cut, &["--detach"]), 3),
        (from(missing, &["--wait"]), 127),
        (from(&image, &["--wait", "--detach"]), 2),
        (from(&image, &["--wait", "--pids", "--new-pids"]), 125),
        (from(&image, &["--cgroup", "/is/not/there"]), 125),
    ];
    for (args, status) in lines {
        let done = scene.restart(&args)?;
        refused(&done, Some(status), &[]).with_context(|| format!("{args:?}"))?;
    }
    scene.trial.go()?;
    for how in ["--wait", "--pidns"] {
        let done = scene.restart(&from(&image, &[how]))?;
        ensure!(
            done.end == End::Exit(3),
            "{how}: {}\n{}",
            done.end,
            done.said
        );
    }
    Ok(Outcome::Passed)
}

fn parallel_restarts(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("", "exit 21")?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(
            scene
                .trial
                .start_restart(&from(&image, &["--wait", "--new-pids"]), None)?,
        );
    }
    for (tool, output) in running {
        let done = scene.trial.finish_tool(tool, "restart", &output)?;
        ensure!(
            done.end == End::Exit(21),
            "one of four: {}\n{}",
            done.end,
            done.said
        );
    }
    Ok(Outcome::Passed)
}

fn slow_pipe(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = fs::read(scene.saved(pid)?)?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let args = args!["-i", "-", "--pids", "--detach"];
    let (tool, output) = scene.trial.start_restart(&args, Some(Stdio::from(read)))?;
    let mut write = File::from(write);
    let (head, rest) = image.split_at(600);
    for byte in head.chunks(7) {
        write.write_all(byte)?;
    }
    for piece in rest.chunks(997) {
        write.write_all(piece)?;
    }
    drop(write);
    let done = scene.trial.finish_tool(tool, "restart", &output)?;
    if done.end != End::Exit(0) {
        for pid in scene.trial.cgroup()?.pids() {
            finish_off(pid)?;
        }
    }
    done.well("restart -i -")?;
    let new = scene.trial.restarted()?.context("no pid")?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}
