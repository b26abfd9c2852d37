// SPDX-License-Identifier: GPL-2.0-only

//! `ckpt`: checkpoint and restart of processes from the command line.
//!
//! One program with three commands, each of which also answers to a name of its own: `checkpoint`,
//! `restart`, `ckptinfo`. Here is only the choice among them and what they exit with. `sys.rs` alone
//! may be unsafe.

#![deny(unsafe_code)]

mod advice;
mod cgroup;
mod checkpoint;
mod cli;
mod device;
mod docs;
mod failure;
mod freeze;
mod guardian;
mod info;
mod limits;
mod lists;
mod log;
mod output;
mod process;
mod progress;
mod restart;
mod signals;
mod source;
#[expect(unsafe_code)]
mod sys;
mod tree;
mod uapi;

use std::{
    env,
    ffi::OsString,
    path::Path,
    process::ExitCode, //
};

use clap::Parser;
use tracing::level_filters::LevelFilter;

use crate::{
    cli::{
        Ckpt,
        Command,
        Common, //
    },
    failure::Result,
};

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let (command, name) = command(args);
    match run(&command) {
        Ok(status) => status.into(),
        Err(failure) => {
            // A reader that went away is not worth a word.
            if failure.signal != Some(libc::SIGPIPE) {
                failure.report(name);
            }
            match failure.signal {
                Some(signal) => signals::die_by(signal).into(),
                None => (failure.exit as u8).into(),
            }
        }
    }
}

/// Parses the command line; the name under which the program was called may already say which
/// command is meant. Also gives the name for messages.
fn command(args: Vec<OsString>) -> (Command, &'static str) {
    let called = args.first().map(Path::new).and_then(Path::file_name);
    let command = match called.and_then(|name| name.to_str()) {
        Some("checkpoint") => Command::Checkpoint(cli::Checkpoint::parse_from(args)),
        Some("restart") => Command::Restart(cli::Restart::parse_from(args)),
        Some("ckptinfo") => Command::Ckptinfo(cli::Info::parse_from(args)),
        _ => Ckpt::parse_from(args).command,
    };
    let name = match &command {
        Command::Checkpoint(_) => "checkpoint",
        Command::Restart(_) => "restart",
        Command::Ckptinfo(_) => "ckptinfo",
        Command::GenerateDocs { .. } => "ckpt",
    };
    (command, name)
}

fn run(command: &Command) -> Result<u8> {
    match command {
        Command::Checkpoint(args) => {
            explain(args.common);
            checkpoint::run(args).map(|()| 0)
        }
        Command::Restart(args) => {
            explain(args.common);
            restart::run(args)
        }
        Command::Ckptinfo(args) => {
            explain(args.common);
            info::run(args).map(|()| 0)
        }
        Command::GenerateDocs { dir } => docs::generate(dir).map(|()| 0),
    }
}

/// Sets up the telling of every step, when it is asked for.
fn explain(common: Common) {
    let level = match common.verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_level(false)
        .without_time()
        .with_ansi(false)
        .init();
}
