// SPDX-License-Identifier: GPL-2.0-only

//! `restart` and the clocks of programs that come from a machine with a longer uptime.

use std::fs;

use anyhow::{
    ensure,
    Context,
    Result, //
};

use super::{
    from,
    Scene,
    ToolTest, //
};
use crate::{
    apps::find,
    process::{
        self,
        End, //
    },
    run::Outcome, //
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/clocks_go_on",
        about: "The clocks of a program go on from where they were, in every restart of its image.",
        run: clocks_go_on,
    },
    ToolTest {
        name: "tools/host_clocks",
        about: "restart --host-clocks leaves a program the clocks of the machine, also those that go back.",
        run: host_clocks,
    },
    ToolTest {
        name: "tools/self_restart",
        about: "The examples: a program that has saved itself comes back, also where the clocks are behind.",
        run: self_restart,
    },
    ToolTest {
        name: "tools/python_sleeps_on",
        about: "time.sleep() of Python, which waits for an absolute time, ends on a machine with a shorter uptime.",
        run: python_sleeps_on,
    },
];

/// Longer than any machine that runs this has been up, in seconds.
const UPTIME: &str = "864000000";

impl Scene<'_, '_> {
    /// Starts a program with such an uptime that says READY by itself.
    fn long_up(&self, program: &str, script: &str) -> Result<i32> {
        let name = "script";
        fs::write(self.trial.work().join(name), script)?;
        let unshare = find("unshare").context("there is no unshare")?;
        let line = [
            "--time",
            "--monotonic",
            UPTIME,
            "--boottime",
            UPTIME,
            program,
            name,
        ];
        let pid = self.trial.prepare(&unshare)?.args(&line).spawn()?;
        self.is_ready(pid, program)
    }

    /// A shell that tells by its exit status whether it has been up for so long.
    fn long_up_shell(&self) -> Result<i32> {
        let script = format!(
            ": >ready\nuntil [ -e go ]; do :; done\nread up rest </proc/uptime\n\
             [ \"${{up%%.*}}\" -ge {UPTIME} ] && exit 7\nexit 8\n"
        );
        self.long_up("bash", &script)
    }

    fn ends_with(&mut self, args: &[String], wanted: i32) -> Result<()> {
        let done = self.restart(args)?;
        ensure!(
            done.end == End::Exit(wanted),
            "restart: {}, wanted exit status {wanted}\n{}",
            done.end,
            done.said
        );
        Ok(())
    }
}

fn clocks_go_on(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.long_up_shell()?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    for more in [
        &["--wait", "--pids"][..],
        &["--wait", "--pids"],
        &["--pidns"],
    ] {
        scene.ends_with(&from(&image, more), 7)?;
    }
    Ok(Outcome::Passed)
}

fn host_clocks(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.long_up_shell()?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    scene.ends_with(&from(&image, &["--wait", "--pids", "--host-clocks"]), 8)?;
    Ok(Outcome::Passed)
}

fn self_restart(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let examples = scene.setup.tests.with_file_name("examples");
    let unshare = find("unshare").context("there is no unshare")?;
    let program = examples.join("self_checkpoint").display().to_string();
    let line = [
        "--time",
        "--monotonic",
        UPTIME,
        "--boottime",
        UPTIME,
        &program,
    ];
    let pid = scene.trial.prepare(&unshare)?.args(&line).spawn()?;
    let end = process::wait(pid, scene.trial.limit(), "self_checkpoint to end")?;
    ensure!(
        end == End::Exit(0),
        "self_checkpoint: {end}\n{}",
        scene.trial.said()
    );
    let before = scene.trial.said();
    let start = scene.trial.prepare(&examples.join("self_restart"))?;
    let end = process::wait(start.spawn()?, scene.trial.limit(), "self_restart to end")?;
    let said = scene.trial.said();
    let new = said.strip_prefix(&before).unwrap_or_default();
    ensure!(
        end == End::Exit(0) && new.contains('4') && !new.contains('3'),
        "self_restart: {end}\n{said}"
    );
    Ok(Outcome::Passed)
}

fn python_sleeps_on(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let script = "import time\n\
                  open('ready', 'w').close()\n\
                  start = time.monotonic()\n\
                  time.sleep(5)\n\
                  raise SystemExit(9 if time.monotonic() - start >= 5 else 10)\n";
    let pid = scene.long_up("python3", script)?;
    let image = scene.saved(pid)?;
    scene.ends_with(&from(&image, &["--wait", "--pids"]), 9)?;
    Ok(Outcome::Passed)
}
