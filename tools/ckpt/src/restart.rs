// SPDX-License-Identifier: GPL-2.0-only

//! The command `restart`: read the head, make the tasks, have the kernel restore them, follow.

mod family;
mod follow;
mod head;
mod place;
mod plan;
mod terminal;

use std::{
    fs,
    io::{
        self,
        Write, //
    },
    os::fd::{
        AsFd,
        AsRawFd, //
    },
    path::Path,
};

use tracing::info;

use self::{
    family::{
        Family,
        Leader, //
    },
    follow::{
        follow,
        End, //
    },
    head::Head,
    place::Place,
    plan::Pids,
    terminal::Terminal,
};
use crate::{
    advice, cli,
    device::Device,
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    log::Log,
    process,
    progress::Progress,
    signals,
    source::Input,
    sys,
    uapi::{
        self,
        Inherit,
        PidMap, //
    },
};

/// Restarts an image as the command line says; gives what to exit with.
pub fn run(args: &cli::Restart) -> Result<u8> {
    signals::catch()?;
    signals::mind_children()?;
    let path = args.image.as_deref().or(args.input.as_deref());
    let mut input = Input::open(path.unwrap_or(Path::new("-")))?;
    let inherit = descriptors(args, &input)?;
    let head = Head::read(&mut input)?;
    let device = Device::open()?;
    if args.frozen && device.info()?.features & uapi::FEATURE_FROZEN == 0 {
        return Err(Failure::new(
            Exit::Failed,
            "the kernel module cannot leave a program frozen here",
        )
        .advise("Leave --frozen away."));
    }
    let place = Place::of(args)?;
    let pids = match (args.pidns, args.pids) {
        (true, _) => Pids::Container,
        (false, true) => Pids::Same,
        (false, false) => Pids::Any,
    };
    let family = Family::make(&device, &head.tree, pids, place.directory.as_ref())?;

    // A frozen program cannot be followed, unless somebody thaws it.
    let wait = args.wait || !(args.detach || args.frozen);
    let root = family.root()?;
    let terminal = match root.leader {
        Leader::Group if wait => Terminal::lend(root.pid)?,
        _ => None,
    };
    let mut map = family.map(args.map.is_some());
    restore(args, &device, &input, &place, &head, &inherit, &mut map)?;
    let root = family.let_go()?;
    let cgroup = place.keep();

    if let Some(path) = &args.map {
        write_map(path, &map)?;
    }
    if !args.common.quiet {
        tell(args, wait, root.pid, cgroup)?;
    }
    if !wait {
        return Ok(0);
    }
    // Whoever writes the image into a pipe need not wait for the program to end.
    drop((input, device));
    let end = follow(&root, terminal.as_ref())?;
    drop(terminal);
    Ok(match end {
        End::Status(status) => status,
        End::Signal(signal) => signals::die_by(signal),
    })
}

/// Which descriptors of this command the program gets.
fn descriptors(args: &cli::Restart, input: &Input) -> Result<Vec<Inherit>> {
    let table = args.inherit.as_ref().map_or(&[][..], |map| &map.0);
    if input.standard && table.iter().any(|entry| entry.fd == 0) {
        return Err(
            Failure::usage("standard input is the image: the program cannot have it too")
                .advise("Give the image as a file, or leave 0 out: --inherit=1,2."),
        );
    }
    Ok(table.to_vec())
}

/// The coordinator's part: returns when the program runs, or is frozen where it was.
fn restore(
    args: &cli::Restart,
    device: &Device,
    input: &Input,
    place: &Place,
    head: &Head,
    inherit: &[Inherit],
    map: &mut [PidMap],
) -> Result<()> {
    let mut log = Log::new(args.logfile.as_deref())?;
    let request = uapi::Restart {
        flags: if args.frozen { uapi::RESTART_FROZEN } else { 0 },
        pid: map.first().map_or(0, |root| root.pid),
        fd: input.file.as_raw_fd(),
        logfd: log.fd(),
        cgroup_fd: place
            .freezer
            .as_ref()
            .map_or(uapi::FD_NONE, AsRawFd::as_raw_fd),
        ..uapi::Restart::NOTHING
    };
    let progress = progress(args, input, request.pid);
    let result = sys::restart(device.as_fd(), request, &head.bytes, inherit, map);
    drop(progress);
    if let Err(error) = result {
        return Err(failure(&error, &mut log, device, input));
    }
    for line in log.lines()? {
        info!("kernel: {line}");
    }
    Ok(())
}

/// The kernel does not tell how far it has read, but the program grows as it is restored.
fn progress(args: &cli::Restart, input: &Input, root: i32) -> Progress {
    let size = input.file.metadata().map_or(0, |data| data.len());
    Progress::watch(args.common.quiet, "restoring", size, move || {
        process::resident(root)
    })
}

fn failure(error: &io::Error, log: &mut Log, device: &Device, input: &Input) -> Failure {
    // A signal that interrupted the kernel is the better explanation.
    if let Err(interrupted) = signals::check() {
        return interrupted;
    }
    let log = log.lines().unwrap_or_default();
    let advice = advice::restart(error, &log, device.info().ok().as_ref(), &input.name);
    Failure {
        log,
        advice,
        ..Failure::os(format_args!("cannot restart {}", input.name), error)
    }
}

fn write_map(path: &Path, map: &[PidMap]) -> Result<()> {
    let lines: String = map
        .iter()
        .map(|entry| format!("{} {}\n", entry.image_pid, entry.pid))
        .collect();
    fs::write(path, lines)
        .doing(|| format!("the program runs, but {} cannot be written", path.display()))
}

/// Prints what a script has to know.
fn tell(args: &cli::Restart, wait: bool, pid: i32, cgroup: Option<String>) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let told = match cgroup {
        Some(cgroup) if args.frozen => writeln!(stdout, "{pid}\n{cgroup}"),
        _ if wait => Ok(()),
        _ => writeln!(stdout, "{pid}"),
    };
    told.and_then(|()| stdout.flush())
        .doing(|| "the program runs, but its pid cannot be printed")
}
