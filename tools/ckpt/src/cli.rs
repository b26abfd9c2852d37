// SPDX-License-Identifier: GPL-2.0-only

//! The command line: one parser for each command, and the names of the commands.
//!
//! The parsers only say what can be typed; the commands decide what a combination of options means.

use std::path::PathBuf;

use clap::{
    ArgAction,
    Args,
    Parser,
    Subcommand,
    ValueHint, //
};

use crate::{
    failure::{
        EXIT_STATUS,
        EXIT_STATUS_CHECKPOINT,
        EXIT_STATUS_INFO,
        EXIT_STATUS_RESTART, //
    },
    lists::{
        pid,
        FdList,
        FdMap, //
    },
};

/// Save processes to an image and bring them back
///
/// The commands are also installed under names of their own: checkpoint, restart, ckptinfo.
#[derive(Debug, Parser)]
#[command(name = "ckpt", version, after_long_help = EXIT_STATUS)]
pub struct Ckpt {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Save a process and all below it to an image
    Checkpoint(Checkpoint),
    /// Bring processes back from an image
    Restart(Restart),
    /// Show what an image holds
    #[command(visible_alias = "info")]
    Ckptinfo(Info),
    /// Write manual pages and shell completions
    #[command(hide = true)]
    GenerateDocs {
        /// Where to write them; made when it is not there
        dir: PathBuf,
    },
}

/// What every command takes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Common {
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Tell every step on standard error; twice for more
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

/// Save a process and all below it to an image
///
/// The processes are frozen for as long as their state is captured, and run on while the image is
/// written; with --kill, --stop and --no-capture they are frozen until it is complete. When anything
/// fails, they run on as if nothing had happened, and no half-written image is left under the final name.
#[derive(Debug, Parser)]
#[command(name = "checkpoint", version, after_long_help = EXIT_STATUS_CHECKPOINT)]
pub struct Checkpoint {
    /// The process to save, with all its threads and descendants
    #[arg(value_parser = pid)]
    pub pid: i32,

    /// Tell all that stands in the way of saving the processes, and save nothing
    #[arg(
        long,
        conflicts_with_all = ["output", "force", "no_sync", "stop", "no_capture", "kill_anyway"]
    )]
    pub check: bool,

    /// Where the image goes; `-` is standard output [default: NAME-PID.ckpt in this directory]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Replace a file or link that is there already, whatever it is; write to a block device that --output
    /// names
    #[arg(short, long)]
    pub force: bool,

    /// Do not wait until the image is on the disk
    #[arg(long)]
    pub no_sync: bool,

    /// Also write the kernel's messages to this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub logfile: Option<PathBuf>,

    /// What becomes of the processes
    #[command(flatten)]
    pub after: After,

    /// With --kill, also kill processes that this user could not restart: they have other credentials, or
    /// files that a user with more rights had opened, or the sysctl does not let the user restart
    #[arg(long, requires = "kill", conflicts_with_all = ["stop", "go_on"])]
    pub kill_anyway: bool,

    /// Leave these descriptors out of the image; restart --inherit gives others for them
    /// [default without a list: 0,1,2]
    #[arg(
        long,
        value_name = "FDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0-2"
    )]
    pub inherit: Option<FdList>,

    /// The process has to be the init of a container, of which all is saved
    #[arg(long)]
    pub container: bool,

    /// Save processes whose security label (an AppArmor profile) cannot be restored: restarted they have
    /// that of the restart command
    #[arg(long)]
    pub allow_other_label: bool,

    /// Save processes with a session keyring of their own, which cannot be restored: restarted they have
    /// that of the restart command
    #[arg(long)]
    pub allow_other_keyring: bool,

    /// Freeze this cgroup besides, which the processes have to be in, with everything else in it
    /// [default: the processes alone, in the cgroups that they are in]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub cgroup: Option<PathBuf>,

    /// Freeze nothing: the processes are frozen or stopped already
    #[arg(long, conflicts_with = "cgroup")]
    pub no_freeze: bool,

    /// How long to wait for the processes to freeze, and to be in no vfork(2), in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub freeze_timeout: u32,

    /// Write the image while the processes are frozen, instead of capturing it in memory first: takes
    /// longer, needs no memory
    #[arg(long)]
    pub no_capture: bool,

    /// What every command takes
    #[command(flatten)]
    pub common: Common,
}

/// What becomes of processes that were saved.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(multiple = false)]
pub struct After {
    /// Let the processes go on as they were (default)
    #[arg(long = "continue")]
    pub go_on: bool,

    /// Kill the processes once the image is complete
    #[arg(short, long)]
    pub kill: bool,

    /// Leave the processes stopped, as by SIGSTOP, once the image is complete
    #[arg(short, long)]
    pub stop: bool,
}

/// Bring processes back from an image
///
/// Waits for the restarted program (the first process of the image), hands signals on to it and exits as it does, unless told to
/// detach from it.
#[derive(Debug, Parser)]
#[command(name = "restart", version, after_long_help = EXIT_STATUS_RESTART)]
pub struct Restart {
    /// The image
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub image: Option<PathBuf>,

    /// The image; `-` is standard input [default: standard input]
    #[arg(
        short,
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "image"
    )]
    pub input: Option<PathBuf>,

    /// Give the processes the pids that they had, or fail (default, except that a program of one task
    /// gets another pid where the user may not choose)
    #[arg(long, group = "numbers")]
    pub pids: bool,

    /// Give the processes other pids than they had: for programs that remember none
    #[arg(long, group = "numbers")]
    pub new_pids: bool,

    /// Restart in a new pid namespace, in which the processes have the pids that they had
    #[arg(long, group = "numbers")]
    pub pidns: bool,

    /// Give the processes the clocks of the machine: CLOCK_MONOTONIC and CLOCK_BOOTTIME, which otherwise
    /// go on from where they were, in a time namespace
    #[arg(long)]
    pub host_clocks: bool,

    /// Leave the processes frozen, in a cgroup whose path is printed
    #[arg(long)]
    pub frozen: bool,

    /// Go on with files that have changed since the checkpoint (size, time), as a log that was written
    /// on; not with those that are mapped privately, nor with the executable
    #[arg(long)]
    pub allow_changed_files: bool,

    /// Put the processes in this cgroup
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub cgroup: Option<PathBuf>,

    /// Exit when the program runs, and print its pid
    #[arg(short, long, conflicts_with = "wait")]
    pub detach: bool,

    /// Behave like the program: hand signals on, exit with its status (default)
    #[arg(short, long)]
    pub wait: bool,

    /// Give the process descriptors of this command: N for N itself, N:M for M in the place of N
    /// [default without a list: 0,1,2]
    #[arg(
        long,
        value_name = "MAP",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0-2"
    )]
    pub inherit: Option<FdMap>,

    /// Have the program's session take over the terminal of this command, which has to lead its own:
    /// exec restart --terminal …, or script -qc 'exec restart --terminal …' /dev/null
    #[arg(long, conflicts_with = "detach")]
    pub terminal: bool,

    /// Write lines "PID-IN-IMAGE PID" to this file, which takes the place of no image, once the program
    /// runs; `-` is standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub map: Option<PathBuf>,

    /// Also write the kernel's messages to this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub logfile: Option<PathBuf>,

    /// What every command takes
    #[command(flatten)]
    pub common: Common,
}

impl Restart {
    /// Whether the command stays and behaves like the program. It cannot follow a frozen one, unless
    /// another process thaws it.
    pub fn follows(&self) -> bool {
        self.wait || !(self.detach || self.frozen)
    }

    /// How to do the same with an image that comes through a pipe.
    pub fn piped(&self) -> String {
        let options = [
            (self.detach, " --detach"),
            (self.wait, " --wait"),
            (self.frozen, " --frozen"),
            (self.pids, " --pids"),
            (self.new_pids, " --new-pids"),
            (self.pidns, " --pidns"),
            (self.host_clocks, " --host-clocks"),
            (self.allow_changed_files, " --allow-changed-files"),
        ];
        let given = options.iter().filter(|(is_given, _)| *is_given);
        given.fold("restart".to_owned(), |command, (_, option)| {
            command + option
        })
    }
}

/// Show what an image holds
///
/// The whole image is read and verified, whichever part of it is shown: that it is complete and as it was
/// written. Whether it can be restarted here is for restart to say.
#[derive(Debug, Parser)]
#[command(name = "ckptinfo", version, after_long_help = EXIT_STATUS_INFO)]
pub struct Info {
    /// The image; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
    pub image: PathBuf,

    /// What to show
    #[command(flatten)]
    pub view: ViewArgs,

    /// What every command takes
    #[command(flatten)]
    pub common: Common,
}

/// The views of an image, as flags.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(multiple = false)]
pub struct ViewArgs {
    /// Where it was made, what is in it, what it needs (default)
    #[arg(short, long)]
    pub summary: bool,

    /// One line for each record
    #[arg(short, long)]
    pub records: bool,

    /// The mappings, as in /proc/PID/maps, with the pages that are stored
    #[arg(short, long)]
    pub maps: bool,

    /// The tree of processes and threads
    #[arg(short, long)]
    pub tree: bool,

    /// Pid, parent, thread group, process group and session of each task
    #[arg(short, long)]
    pub pids: bool,

    /// The open files of each task, and which tasks share them
    #[arg(short, long)]
    pub fds: bool,

    /// Where sections and objects stand; of a damaged image that is a file, which of them are damaged
    #[arg(short, long)]
    pub index: bool,

    /// The registers
    #[arg(long)]
    pub registers: bool,

    /// Why the checkpoint failed, when it did
    #[arg(short, long)]
    pub error: bool,

    /// Everything, for programs
    #[arg(short, long)]
    pub json: bool,
}

impl ViewArgs {
    /// Whether it is the summary, which nothing else takes the place of.
    pub fn is_summary(&self) -> bool {
        let others = [
            self.records,
            self.maps,
            self.tree,
            self.pids,
            self.fds,
            self.index,
            self.registers,
            self.error,
            self.json,
        ];
        !others.contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_parsers_are_consistent() {
        Ckpt::command().debug_assert();
        Checkpoint::command().debug_assert();
        Restart::command().debug_assert();
        Info::command().debug_assert();
    }

    #[test]
    fn inherit_without_a_list_is_the_three_standard_descriptors() {
        let args = Checkpoint::try_parse_from(["checkpoint", "--inherit", "12"]).unwrap();
        assert_eq!(args.inherit, Some(FdList(vec![0, 1, 2])));
        assert_eq!(args.pid, 12);
        let args = Restart::try_parse_from(["restart", "--inherit=1:7", "image"]).unwrap();
        assert_eq!(args.inherit.unwrap().0.len(), 1);
    }

    #[test]
    fn what_is_no_pid_is_called_so() {
        for word in ["abc", "0", "99999999999"] {
            let error = Checkpoint::try_parse_from(["checkpoint", word]).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("is not the pid of a process"), "{text}");
        }
    }

    #[test]
    fn a_pipe_is_read_with_the_same_options() {
        let args = Restart::try_parse_from(["restart", "-d", "--pidns", "a"]).unwrap();
        assert_eq!(args.piped(), "restart --detach --pidns");
        let args = Restart::try_parse_from(["restart", "a"]).unwrap();
        assert_eq!(args.piped(), "restart");
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            "checkpoint --kill --stop 1",
            "checkpoint --kill-anyway 1",
            "checkpoint --stop --kill-anyway 1",
            "checkpoint --quiet --verbose 1",
            "checkpoint 0",
            "checkpoint -5",
            "checkpoint x",
            "checkpoint 2147483648",
            "checkpoint --inherit=a 1",
        ] {
            assert!(
                Checkpoint::try_parse_from(line.split(' ')).is_err(),
                "{line}"
            );
        }
        for line in [
            "restart --wait --detach image",
            "restart -i image image",
            "restart --pids --pidns image",
            "restart --pids --new-pids image",
            "restart --pidns --new-pids image",
        ] {
            assert!(Restart::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
        assert!(Info::try_parse_from(["ckptinfo", "--json", "--maps", "x"]).is_err());
    }
}
