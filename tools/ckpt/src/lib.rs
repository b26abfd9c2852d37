// SPDX-License-Identifier: GPL-2.0-only

//! `ckpt`: checkpoint and restart of processes from the command line.
//!
//! One program with three commands, each of which also has a name of its own: `checkpoint`, `restart`,
//! `ckptinfo`. This file only chooses among them and gives their exit status. The program is a library so
//! that the fuzzer can use it. `sys.rs` alone may be unsafe.

#![deny(unsafe_code)]

mod advice;
mod cgroup;
mod checkpoint;
mod cli;
mod device;
mod docs;
mod ending;
mod failure;
mod freeze;
mod guardian;
mod info;
mod limits;
mod lists;
mod log;
mod named;
mod obstacles;
mod output;
mod patient;
mod process;
mod progress;
mod restart;
mod signals;
mod source;
#[expect(unsafe_code)]
mod sys;
mod text;
mod tree;
mod uapi;
mod used;

use std::{
    env,
    ffi::OsString,
    io::Write,
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
    failure::{
        Exit,
        Result, //
    },
    patient::{
        standard_error,
        standard_output, //
    },
    text::Escaping,
};

pub use info::show_in_all_ways;

/// What the program does.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let (command, name) = match command(args) {
        Ok(command) => command,
        Err(status) => return status.into(),
    };
    match run(&command) {
        Ok(status) => status.into(),
        Err(failure) => {
            // A reader that went away is not worth a word.
            if failure.signal != Some(libc::SIGPIPE) {
                failure.report(name);
            }
            match failure.signal {
                Some(signal) => signals::die_by(signal).into(),
                None => status(&command, failure.exit).into(),
            }
        }
    }
}

/// Parses the command line; the name under which the program was called may already say which
/// command is meant. Also gives the name for messages.
///
/// # Errors
///
/// What to exit with, when that is all that is to be done.
fn command(args: Vec<OsString>) -> std::result::Result<(Command, &'static str), u8> {
    let called = args.first().map(Path::new).and_then(Path::file_name);
    let called = called.and_then(|name| name.to_str()).unwrap_or_default();
    let parsed = match called {
        "checkpoint" => cli::Checkpoint::try_parse_from(&args).map(Command::Checkpoint),
        "restart" => cli::Restart::try_parse_from(&args).map(Command::Restart),
        "ckptinfo" => cli::Info::try_parse_from(&args).map(Command::Ckptinfo),
        _ => Ckpt::try_parse_from(&args).map(|ckpt| ckpt.command),
    };
    let command = parsed.map_err(|error| {
        // It repeats what was typed. If no process reads it, the exit status has to do.
        let text = error.render().to_string();
        let _ = match error.use_stderr() {
            true => Escaping(standard_error()).write_all(text.as_bytes()),
            false => standard_output().write_all(text.as_bytes()),
        };
        match error.exit_code() {
            0 => 0,
            _ if would_follow(called, &args) => Exit::Usage.beside_program(),
            code => code as u8,
        }
    })?;
    let name = match &command {
        Command::Checkpoint(_) => "checkpoint",
        Command::Restart(_) => "restart",
        Command::Ckptinfo(_) => "ckptinfo",
        Command::GenerateDocs { .. } => "ckpt",
    };
    Ok((command, name))
}

/// What a failure is told by. While a program is followed, its own statuses are kept apart.
fn status(command: &Command, exit: Exit) -> u8 {
    match command {
        Command::Restart(args) if args.follows() => exit.beside_program(),
        _ => exit.code(),
    }
}

/// Whether a command line that makes no sense was to restart a program and to end as it does
/// ([`cli::Restart::follows`]).
fn would_follow(called: &str, args: &[OsString]) -> bool {
    let mut words = args.iter().skip(1).filter_map(|word| word.to_str());
    let is_restart = match called {
        "restart" => true,
        "checkpoint" | "ckptinfo" => false,
        _ => words.next() == Some("restart"),
    };
    let words: Vec<&str> = words.collect();
    let has = |long: &str, short: char| {
        words.iter().any(|word| {
            let letters = word.strip_prefix('-').filter(|word| !word.starts_with('-'));
            *word == long || letters.is_some_and(|letters| letters.contains(short))
        })
    };
    let is_frozen = words.contains(&"--frozen") && !has("--wait", 'w');
    is_restart && !is_frozen && !has("--detach", 'd')
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
        .with_writer(text::Steps)
        .with_target(false)
        .with_level(false)
        .without_time()
        .with_ansi(false)
        // It would be told where nothing can be told, and wait there.
        .log_internal_errors(false)
        .init();
}
