// SPDX-License-Identifier: GPL-2.0-only

//! `ckpt-test`: puts programs through checkpoint and restart and looks what became of them.
//!
//! It runs as root on the machine whose kernel has the module. What tests there are is told by the
//! heads of their sources ([`catalog`]), the ways to go through by [`mode`] and [`run`](mod@run), what else
//! is watched by [`world`]. `Documentation/testing.md` is the manual.

mod apps;
mod catalog;
mod cgroup;
mod device;
mod hostile;
mod kernel_log;
mod ktap;
mod leaks;
mod malformed;
mod mode;
mod process;
mod run;
mod run_app;
mod suite;
mod tool;
mod tools;
mod trial;
mod world;

use std::{
    io::{
        self,
        Write, //
    },
    ops::RangeInclusive,
    path::PathBuf,
    process::ExitCode,
    time::{
        Duration,
        SystemTime,
        UNIX_EPOCH, //
    }, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use clap::{
    builder::FalseyValueParser,
    Parser, //
};
use regex_lite::Regex;

use crate::{
    mode::Mode,
    suite::{
        cases,
        divide_hostile,
        run_all,
        take_turns,
        Case, //
    },
    tools::Tools,
    trial::Setup, //
};

/// Hostile images when nobody asks for them.
const HOSTILE: u64 = 300;

/// Hostile images when somebody does, but does not say how many.
const MANY: &str = "2000";

/// Puts programs through checkpoint and restart and looks what became of them.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Run every test in every mode that it has
    #[arg(long)]
    all: bool,
    /// Run the tests whose name (area/name) matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Vec<String>,
    /// Leave out the tests whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    exclude: Vec<String>,
    /// Only these modes; "none" makes no checkpoint and works without the module
    #[arg(long, value_name = "MODE", value_delimiter = ',')]
    mode: Vec<Mode>,
    /// Each test in so many of its modes: the most telling one, and others by turns, which the seed gives
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    turns: Option<u8>,
    /// List the tests, their modes and what they prove
    #[arg(long)]
    list: bool,
    /// Trials that are made at a time
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
    /// All limits of time are so many times as long as with a stock kernel
    #[arg(long, value_name = "N", env = "CKPT_TIME_FACTOR", default_value_t = 1)]
    time_factor: u32,
    /// Seconds after which a step of a test has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// With a kernel that can tell of leaks: tests after which it is asked
    #[arg(long, value_name = "N", default_value_t = 40)]
    leak_batch: usize,
    /// Keep the scratch directories
    #[arg(long)]
    keep: bool,
    /// Tell the time that each test took
    #[arg(long)]
    times: bool,
    /// Stop after the first failure
    #[arg(long)]
    fail_fast: bool,
    /// Seed of what is left to chance
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Hostile images, divided among the tests that make them; with no tests named, only these run
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = MANY)]
    mutate: Option<u64>,
    /// Keep the images that the tests make here, and hostile ones that do harm
    #[arg(long, value_name = "DIR", env = "CKPT_KEEP_IMAGES")]
    keep_images: Option<PathBuf>,
    /// The kernel has fault injection: there are tests that need it
    #[arg(long, env = "CKPT_FAULTS", value_parser = FalseyValueParser::new())]
    faults: bool,
    /// Restarts and checkpoints that each test of kills disturbs
    #[arg(long, value_name = "N", env = "CKPT_ROUNDS", default_value_t = 50)]
    rounds: u64,
    /// Seeds of the tests that are made by chance, in the place of their usual ones
    #[arg(long, value_name = "A-B", value_parser = seeds)]
    seeds: Option<RangeInclusive<u64>>,
    /// Folder of checkpoint and restart [default: search in PATH]
    #[arg(long, value_name = "DIR")]
    tools: Option<PathBuf>,
    /// Folder of the compiled tests [default: ../tests, seen from this program]
    #[arg(long, value_name = "DIR")]
    tests: Option<PathBuf>,
    /// Where scratch directories are made
    #[arg(long, value_name = "DIR", default_value = "/var/tmp/ckpt-test")]
    scratch: PathBuf,
    /// Print KTAP (there is nothing else)
    #[arg(long, hide = true)]
    tap: bool,
    /// More expressions for the names of tests, as --filter
    #[arg(value_name = "REGEX")]
    names: Vec<String>,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ckpt-test: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(mut options: Options) -> Result<bool> {
    let named = options.all || !options.filter.is_empty() || !options.names.is_empty();
    if options.mutate.is_some() && !named {
        options.names.push("^hostile/".to_owned());
    }
    let seed = options.seed.unwrap_or_else(some_seed);
    let mut cases = chosen(&options, seed)?;
    if options.list {
        list(&cases);
        return Ok(true);
    }
    if cases.is_empty() {
        bail!(
            "no test is chosen: say --all, or --filter with a part of a name (--list shows them)"
        );
    }
    divide_hostile(&mut cases, options.mutate.unwrap_or(HOSTILE), seed);
    process::set_time_factor(options.time_factor.max(1));
    let limit = Duration::from_secs(options.timeout);
    let setup = Setup {
        tools: Tools {
            dir: options.tools,
            limit,
        },
        tests: options
            .tests
            .map_or_else(beside_us, Ok)?
            .canonicalize()
            .context("the folder of tests")?,
        scratch: options.scratch,
        keep: options.keep,
        limit,
        alone: options.jobs <= 1,
        times: options.times,
        leak_batch: options.leak_batch.max(1),
        seed,
        keep_images: options.keep_images,
        rounds: options.rounds,
    };
    run_all(&setup, &cases, options.jobs.max(1), options.fail_fast)
}

/// Prints name, mode and meaning of the tests, as far as somebody reads it.
fn list(cases: &[Case]) {
    let mut out = io::stdout().lock();
    for case in cases {
        let mode = case.mode.to_string();
        if writeln!(out, "{:32} {mode:13} {}", case.name(), case.about()).is_err() {
            return;
        }
    }
}

/// `A-B`, or one number.
fn seeds(text: &str) -> Result<RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}

/// A seed that is another one each time.
fn some_seed() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |time| u64::from(time.subsec_nanos()))
}

/// The folder of tests in a build: beside the one that this program is in.
fn beside_us() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("../tests"))
}

/// The tests that the options ask for.
fn chosen(options: &Options, seed: u64) -> Result<Vec<Case>> {
    let regexes = |texts: &[String]| -> Result<Vec<Regex>> {
        texts
            .iter()
            .map(|text| Regex::new(text).with_context(|| format!("the expression {text:?}")))
            .collect()
    };
    let mut wanted = regexes(&options.filter)?;
    wanted.extend(regexes(&options.names)?);
    let unwanted = regexes(&options.exclude)?;
    let everything = options.all || (options.list && wanted.is_empty());
    let mut cases = cases(&options.mode, options.seeds.as_ref())?;
    cases.retain(|case| options.faults || !case.needs_faults());
    if let Some(modes) = options.turns {
        take_turns(&mut cases, modes.into(), seed);
    }
    cases.retain(|case| {
        let name = case.name();
        (everything || wanted.iter().any(|regex| regex.is_match(name)))
            && !unwanted.iter().any(|regex| regex.is_match(name))
    });
    Ok(cases)
}
