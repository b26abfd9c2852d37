// SPDX-License-Identifier: GPL-2.0-only

//! The ways in which a program is put to the test.

use std::{
    fmt,
    str::FromStr, //
};

use anyhow::{
    bail,
    Error, //
};

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// No checkpoint at all: does the test itself work?
    None,
    /// The test does everything itself and tells by its exit status.
    Plain,
    /// Checkpoint; the original goes on.
    RunOn,
    /// Checkpoint and kill, restart with the old pid.
    KillRestart,
    /// The same, the image going through pipes both times.
    Pipe,
    /// One image restarted two times, one after the other.
    Twice,
    /// The restarted program is checkpointed, killed and restarted once more.
    Again,
    /// The program is stopped by SIGSTOP while it is saved.
    Stopped,
    /// Restart with another pid.
    NewPid,
    /// Restart in a pid namespace of its own, with the old pid in there.
    PidNs,
    /// The image is written while the program is frozen.
    NoCapture,
    /// The checkpoint is refused, asked by the ioctl itself.
    RefuseIoctl,
    /// The checkpoint is refused, asked by the tool.
    RefuseTool,
    /// A damaged image is given to the kernel.
    Ioctl,
    /// A damaged image is given to `restart`.
    Tool,
}

impl Mode {
    /// The modes of a test that can be saved.
    pub const SAVING: &'static [Mode] = &[
        Mode::RunOn,
        Mode::KillRestart,
        Mode::Pipe,
        Mode::Twice,
        Mode::Again,
        Mode::Stopped,
        Mode::NewPid,
        Mode::NoCapture,
    ];

    /// The modes of a test whose tasks know each other's numbers.
    pub const SAVING_TREES: &'static [Mode] = &[
        Mode::RunOn,
        Mode::KillRestart,
        Mode::Pipe,
        Mode::Twice,
        Mode::Again,
        Mode::Stopped,
        Mode::NoCapture,
    ];

    /// The mode of one tree out of many that were made by chance: mostly the most telling one.
    pub fn by_turns(number: u64) -> Mode {
        match number % 16 {
            3 => Mode::RunOn,
            6 => Mode::Pipe,
            9 => Mode::Twice,
            11 => Mode::NoCapture,
            13 | 14 => Mode::Again,
            _ => Mode::KillRestart,
        }
    }

    /// The modes of a test that is refused.
    pub const REFUSING: &'static [Mode] = &[Mode::RefuseIoctl, Mode::RefuseTool];

    /// Whether a test of this mode can be made without a checkpoint, too.
    pub fn works_without_checkpoint(self) -> bool {
        !matches!(self, Mode::Plain | Mode::Ioctl | Mode::Tool)
    }

    const NAMES: &'static [(Mode, &'static str)] = &[
        (Mode::None, "none"),
        (Mode::Plain, "plain"),
        (Mode::RunOn, "run-on"),
        (Mode::KillRestart, "kill-restart"),
        (Mode::Pipe, "pipe"),
        (Mode::Twice, "twice"),
        (Mode::Again, "again"),
        (Mode::Stopped, "stopped"),
        (Mode::NewPid, "new-pid"),
        (Mode::PidNs, "pidns"),
        (Mode::NoCapture, "no-capture"),
        (Mode::RefuseIoctl, "refuse-ioctl"),
        (Mode::RefuseTool, "refuse-tool"),
        (Mode::Ioctl, "ioctl"),
        (Mode::Tool, "tool"),
    ];
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Mode::NAMES.iter().find(|(mode, _)| mode == self);
        f.pad(name.map_or("?", |(_, name)| name))
    }
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Mode::NAMES.iter().find(|(_, name)| *name == text) {
            Some((mode, _)) => Ok(*mode),
            None => bail!("there is no mode {text:?}"),
        }
    }
}
