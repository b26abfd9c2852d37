// SPDX-License-Identifier: GPL-2.0-only

//! TTY_END: the settings of one end of a pseudo-terminal, and the bytes in it.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        tty_flag,
        TtyEnd, //
    },
    Problem, //
};

use zerocopy::{
    FromZeros,
    IntoBytes, //
};

use crate::{
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        n_tty::{
            self,
            Contents, //
        },
        pty::{
            End,
            Pty,
            Settings,
            Termios, //
        },
    },
};

/// Local modes: reading by lines, and leaving that to the program at the master.
const ICANON: u32 = 0o2;
const EXTPROC: u32 = 0o200000;

/// Bits of [`tty_flag`] that stand in the contents of a line discipline.
fn flags_of(contents: &Contents) -> u32 {
    [
        (contents.literal_next, tty_flag::LITERAL_NEXT),
        (contents.erasing, tty_flag::ERASING),
        (contents.pushed, tty_flag::PUSHED),
    ]
    .iter()
    .filter(|(on, _)| *on)
    .fold(0, |flags, (_, flag)| flags | flag)
}

/// An end with its modes and size, and nothing in it.
fn with_modes(settings: &Settings) -> TtyEnd {
    TtyEnd {
        modes: settings.termios.modes,
        line: settings.termios.line,
        control: settings.termios.control,
        speeds: settings.termios.speeds,
        size: settings.size,
        ..TtyEnd::new_zeroed()
    }
}

/// Writes modes and size of a slave whose master is outside: all else is that of the terminal which
/// takes its place.
pub(super) fn save_modes(context: &mut saving::Context<'_>, pty: &Pty<'_>) -> Result {
    context.out.record(&with_modes(&pty.get(End::Slave)?))
}

/// Reads these.
pub(super) fn read_modes(context: &mut restoring::Context<'_>) -> Outcome<Settings> {
    let saved: TtyEnd = context.reader.record()?;
    let settings = settings(&saved);
    if saved.as_bytes() != with_modes(&settings).as_bytes() {
        return Err(context.malformed(Problem::Value(
            "a terminal from outside with more than modes",
        )));
    }
    Ok(settings)
}

/// Writes an end and what is in it.
///
/// # Errors
///
/// `EINVAL` for another line discipline than N_TTY.
pub(super) fn save(context: &mut saving::Context<'_>, pty: &Pty<'_>, end: End) -> Result {
    let settings = pty.get(end)?;
    let contents = n_tty::get(pty, end)?;
    let (waiting, looked_ahead) = pty.waiting(end, limits::TTY_WAITING as usize)?;
    context.out.record(&TtyEnd {
        locked_modes: settings.locked.modes,
        locked_line: settings.locked.line,
        locked_control: settings.locked.control,
        locked_speeds: settings.locked.speeds,
        flags: settings.flags | flags_of(&contents),
        packet_status: settings.packet_status,
        nr_bytes: contents.bytes.len() as u32,
        lines: contents.lines,
        committed: contents.committed,
        column: contents.column,
        first_column: contents.first_column,
        nr_echoes: contents.echoes.len() as u32,
        echoes_committed: contents.echoes_committed,
        echoes_marked: contents.echoes_marked,
        nr_waiting: waiting.len() as u32,
        looked_ahead: looked_ahead.min(contents.looked_ahead),
        ..with_modes(&settings)
    })?;
    let mut bytes = contents.bytes;
    for part in [&contents.ends, &contents.echoes, &waiting] {
        bytes.extend_from_slice(part, GFP_KERNEL_ACCOUNT)?;
    }
    if bytes.is_empty() {
        return Ok(());
    }
    context.out.buffer(&bytes)
}

/// What an end is set to.
fn settings(saved: &TtyEnd) -> Settings {
    Settings {
        termios: Termios {
            modes: saved.modes,
            line: saved.line,
            control: saved.control,
            speeds: saved.speeds,
        },
        locked: Termios {
            modes: saved.locked_modes,
            line: saved.locked_line,
            control: saved.locked_control,
            speeds: saved.locked_speeds,
        },
        size: saved.size,
        flags: saved.flags,
        packet_status: saved.packet_status,
    }
}

/// What is wrong with an end; `None` for one that could be.
fn problem(saved: &TtyEnd, end: End) -> Option<&'static str> {
    let of_master = tty_flag::LOCKED | tty_flag::OTHER_CLOSED | tty_flag::PACKETS;
    let local = saved.modes[3];
    let by_lines = end == End::Slave && local & ICANON != 0 && local & EXTPROC == 0;
    if saved.flags & !tty_flag::ALL != 0
        || end == End::Slave && saved.flags & of_master != 0
        || saved.packet_status > u8::MAX.into()
    {
        return Some("flags of a terminal");
    }
    let lowest = if by_lines { 0 } else { -1 };
    if saved.nr_bytes > limits::TTY_BUFFER
        || saved.committed > saved.nr_bytes
        || !(lowest..=saved.nr_bytes as i32).contains(&saved.lines)
    {
        return Some("what a terminal has received out of range");
    }
    if saved.nr_echoes >= limits::TTY_BUFFER
        || saved.echoes_committed.max(saved.echoes_marked) > saved.nr_echoes
        || saved.nr_waiting > limits::TTY_WAITING
        || saved.looked_ahead > saved.nr_waiting
    {
        return Some("what is on its way to a terminal out of range");
    }
    None
}

/// Reads the bytes behind a TTY_END, and gives those that wait apart.
fn read_contents(
    context: &mut restoring::Context<'_>,
    saved: &TtyEnd,
) -> Outcome<(Contents, KVVec<u8>)> {
    let has = |flag| saved.flags & flag != 0;
    let (received, echoes) = (saved.nr_bytes as usize, saved.nr_echoes as usize);
    let len = 2 * received + echoes + saved.nr_waiting as usize;
    let mut bytes = KVVec::from_elem(0u8, len, GFP_KERNEL_ACCOUNT)?;
    if len != 0 {
        context.reader.buffer(&mut bytes)?;
    }
    let mut rest = bytes.as_slice();
    let mut next = |len| -> Result<KVVec<u8>> {
        let (now, later) = rest.split_at_checked(len).ok_or(EIO)?;
        rest = later;
        let mut part = KVVec::new();
        part.extend_from_slice(now, GFP_KERNEL_ACCOUNT)?;
        Ok(part)
    };
    let contents = Contents {
        bytes: next(received)?,
        ends: next(received)?,
        lines: saved.lines,
        committed: saved.committed,
        echoes: next(echoes)?,
        echoes_committed: saved.echoes_committed,
        echoes_marked: saved.echoes_marked,
        column: saved.column,
        first_column: saved.first_column,
        looked_ahead: saved.looked_ahead,
        literal_next: has(tty_flag::LITERAL_NEXT),
        erasing: has(tty_flag::ERASING),
        pushed: has(tty_flag::PUSHED),
    };
    let waiting = next(saved.nr_waiting as usize)?;
    let whole = saved.lines.max(0) as usize;
    let could_be = |(place, end): (usize, &u8)| *end == 0 || *end == 1 && place < whole;
    if !contents.ends.iter().enumerate().all(could_be) {
        return Err(context.malformed(Problem::Value("end of a line where there is none")));
    }
    Ok((contents, waiting))
}

/// Reads a TTY_END record and restores what it says, but for the lock of the slave. Gives what the end is
/// set to.
pub(super) fn restore(
    context: &mut restoring::Context<'_>,
    pty: &Pty<'_>,
    end: End,
) -> Outcome<Settings> {
    let saved: TtyEnd = context.reader.record()?;
    if let Some(what) = problem(&saved, end) {
        return Err(context.malformed(Problem::Value(what)));
    }
    let (contents, waiting) = read_contents(context, &saved)?;
    let settings = settings(&saved);
    // The modes of a master are always the same: those that it is told are its slave's.
    if end == End::Slave {
        pty.set_termios(end, &settings);
    }
    n_tty::set(pty, end, &contents)?;
    pty.set(end, &settings);
    if !waiting.is_empty() {
        pty.wait(end, &waiting, saved.looked_ahead)
            .map_err(|error| context.fail(error, fmt!("a terminal cannot be filled")))?;
    }
    Ok(settings)
}
