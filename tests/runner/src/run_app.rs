// SPDX-License-Identifier: GPL-2.0-only

//! Putting a real program through one mode.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::Mutex,
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::sys::signal::Signal;

use crate::{
    apps::{
        find,
        App,
        Dice,
        When, //
    },
    args,
    mode::Mode,
    process::{
        self,
        send,
        until,
        End, //
    },
    run::Outcome,
    trial::{
        Setup,
        Trial, //
    },
};

/// How often a program may end before it could be saved.
const TRIES: u32 = 6;

/// What an undisturbed run took, and what came out.
#[derive(Clone)]
struct Reference {
    time: Duration,
    results: Vec<Vec<u8>>,
}

static REFERENCES: Mutex<Option<HashMap<&'static str, Reference>>> = Mutex::new(None);

/// Runs the program and saves it on the way. An error is a failure of the test.
pub fn app(setup: &Setup, trial: &mut Trial<'_>, app: &'static App, mode: Mode) -> Result<Outcome> {
    let Some(program) = app.program(&setup.tests) else {
        return Ok(Outcome::Skipped(format!("{} is not there", app.command[0])));
    };
    let mut run = RunApp {
        app,
        program,
        trial,
    };
    let outcome = run.reference().and_then(|reference| match mode {
        Mode::None => Ok(Outcome::Passed),
        _ => run.disturbed(mode, &reference, &mut Dice::new(setup.seed)),
    });
    outcome.with_context(|| match run.trial.said().trim_end() {
        "" => "the program has printed nothing".to_owned(),
        said => format!("the program has printed:\n{said}"),
    })
}

struct RunApp<'a, 'b> {
    app: &'static App,
    program: PathBuf,
    trial: &'a mut Trial<'b>,
}

impl RunApp<'_, '_> {
    fn start(&self) -> Result<i32> {
        self.trial.clear_work()?;
        // Of a try that came too late.
        for image in ["image", "image-2"] {
            let _ = fs::remove_file(self.trial.beside(image));
        }
        (self.app.prepare)(&self.trial.work())?;
        self.trial
            .prepare(&self.program)?
            .args(self.app.arguments())
            .spawn()
    }

    fn ends_well(&self, pid: i32) -> Result<()> {
        let end = process::wait(pid, self.trial.limit() * 2, "the program to end")?;
        ensure!(end == End::Exit(0), "the program has failed: {end}");
        Ok(())
    }

    /// A run without a checkpoint; once for each program.
    fn reference(&mut self) -> Result<Reference> {
        let known = |references: &Option<HashMap<_, Reference>>| {
            references
                .as_ref()
                .and_then(|map| map.get(self.app.name).cloned())
        };
        let mut references = REFERENCES
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if let Some(reference) = known(&references) {
            return Ok(reference);
        }
        let pid = self.start()?;
        let begin = Instant::now();
        if self.app.when == When::Ready {
            ensure!(
                self.trial.ready(pid)?.is_none(),
                "it has ended without saying READY"
            );
            self.trial.go()?;
        }
        self.ends_well(pid).context("the undisturbed run")?;
        let reference = Reference {
            time: begin.elapsed(),
            results: self.app.collect(&self.trial.work())?,
        };
        references
            .get_or_insert_default()
            .insert(self.app.name, reference.clone());
        Ok(reference)
    }

    /// Starts the program, waits for the moment and saves it. `None` when it had ended before.
    fn saved(&mut self, mode: Mode, moment: Duration) -> Result<Option<i32>> {
        let pid = self.start()?;
        if self.app.when == When::Ready {
            ensure!(
                self.trial.ready(pid)?.is_none(),
                "it has ended without saying READY"
            );
        } else {
            thread::sleep(moment);
        }
        match self.through(mode, pid) {
            Ok(last) => Ok(Some(last)),
            // With `--pids` whoever is restarted has the same pid.
            Err(_) if matches!(process::ended(pid), Ok(Some(End::Exit(0)))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn disturbed(&mut self, mode: Mode, reference: &Reference, dice: &mut Dice) -> Result<Outcome> {
        let mut high = 80;
        for _ in 0..TRIES {
            let moment = dice.part(reference.time, 15, high);
            let place = || format!("saved after {moment:?} of {:?}", reference.time);
            if let Some(last) = self.saved(mode, moment).with_context(place)? {
                self.goes_on(mode, last, reference).with_context(place)?;
                return Ok(Outcome::Passed);
            }
            high = (high * 2 / 3).max(20);
        }
        bail!("the program has always ended before it could be saved");
    }

    /// Waits for the end of a program that was saved, and looks at its results.
    fn goes_on(&self, mode: Mode, pid: i32, reference: &Reference) -> Result<()> {
        if mode != Mode::RunOn {
            self.intrude()?;
        }
        self.trial.go()?;
        self.ends_well(pid)?;
        let results = self.app.collect(&self.trial.work())?;
        for (name, (is, was)) in self
            .app
            .results
            .iter()
            .zip(results.iter().zip(&reference.results))
        {
            if let Some(at) = difference(is, was) {
                bail!(
                    "{name} differs from that of the undisturbed run at byte {at} ({} bytes, {} there)",
                    is.len(),
                    was.len(),
                );
            }
        }
        Ok(())
    }

    /// Saves it and brings it back as the mode says; the pid of the process that goes on.
    fn through(&mut self, mode: Mode, pid: i32) -> Result<i32> {
        let image = self.trial.beside("image");
        match mode {
            Mode::RunOn => {
                let args = args!["-o", image.display(), "--continue", pid];
                self.trial.checkpoint(&args)?.well("checkpoint")?;
                Ok(pid)
            }
            Mode::KillRestart => {
                self.trial.checkpoint_kill(&image, pid, &[])?;
                self.trial.restart_detached(&image, &args!["--pids"])
            }
            Mode::Again => {
                self.trial.checkpoint_kill(&image, pid, &[])?;
                let pid = self.trial.restart_detached(&image, &args!["--pids"])?;
                let second = self.trial.beside("image-2");
                self.trial.checkpoint_kill(&second, pid, &[])?;
                self.trial.restart_detached(&second, &args!["--pids"])
            }
            Mode::Stopped => {
                send(pid, Signal::SIGSTOP)?;
                until(
                    self.trial.limit(),
                    "the program to stop",
                    || match process::state(pid) {
                        Some('T') => Ok(Some(())),
                        None | Some('Z') => bail!("it has ended instead of stopping"),
                        _ => Ok(None),
                    },
                )?;
                self.trial.checkpoint_kill(&image, pid, &[])?;
                let new = self.trial.restart_detached(&image, &args!["--pids"])?;
                send(new, Signal::SIGCONT)?;
                Ok(new)
            }
            other => bail!("programs have no mode {other}"),
        }
    }

    /// Somebody else tries what must not be possible.
    fn intrude(&self) -> Result<()> {
        let Some(command) = self.app.intruder else {
            return Ok(());
        };
        let output = std::process::Command::new(find(command[0]).context("no intruder")?)
            .args(&command[1..])
            .current_dir(self.trial.work())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.status.success(),
            "others can write while the transaction is open"
        );
        ensure!(
            said.contains("locked"),
            "the intruder failed for another reason: {said}"
        );
        Ok(())
    }
}

/// Where two results differ first.
fn difference(is: &[u8], was: &[u8]) -> Option<usize> {
    let common = is.iter().zip(was).take_while(|(a, b)| a == b).count();
    (common < is.len().max(was.len())).then_some(common)
}
