// SPDX-License-Identifier: GPL-2.0-only

//! The command `ckptinfo`: decode and verify an image, show one view of it.

mod convert;
mod decode;
mod descriptors;
mod index;
mod items;
mod json;
mod model;
mod names;
mod records;
mod show;
mod stream;
#[cfg(test)]
mod tests;
mod tree;
mod users;

use std::{
    fs::File,
    io::{
        self,
        sink,
        stdout,
        BufWriter,
        Seek,
        Write, //
    },
    sync::LazyLock,
};

use ckpt_image::{
    Problem,
    HDR_SIZE, //
};
use clap::Parser;
use serde::Serialize;

use self::{
    items::Items,
    json::{
        Records,
        Whole, //
    },
    model::Image,
    stream::Stream, //
};
use crate::{
    cli,
    failure::{
        note,
        Exit,
        Failure,
        Result, //
    },
    source::{
        self,
        Input,
        ReadError, //
    },
    text::{
        count,
        printable,
        quoted,
        Escaping,
        Json, //
    },
};

/// Shows an image as the command line says.
///
/// # Errors
///
/// When it is damaged or of a failed checkpoint: with the offset and the record.
pub fn run(args: &cli::Info) -> Result<()> {
    let input = Input::open(&args.image)?;
    let name = input.name;
    let again = index::again(&input.file);
    let is_file = again.is_some();
    let mut items = Items::new(Stream::new(input.file));
    let mut out = Escaping(BufWriter::new(stdout().lock()));
    let mut records = Records::default();
    let result = if args.view.records {
        list(&mut items, &mut out, args.common.quiet)
    } else {
        decode::decode(&mut items, |placed| {
            if args.view.json {
                records.keep(placed);
            }
            Ok(())
        })
    };
    let is_damaged = matches!(result, Err(ListError::Read(ReadError::Malformed(_))));
    if args.view.index && is_damaged && !args.common.quiet {
        if let Some(file) = again {
            index::show_damage(&mut out, file).map_err(|error| unprinted(&error))?;
        }
    }
    printed(out.flush())?;
    let image = result.map_err(|error| match error {
        ListError::Read(error) => {
            let failure = failure(&error, &mut items, &name);
            match is_somewhere(&error) && is_file && !args.view.index {
                true => failure.advise(look_into_index(&name)),
                false => failure,
            }
        }
        ListError::Print(error) => unprinted(&error),
    })?;
    if !args.common.quiet && !args.view.records {
        let shown = show(&mut out, args, &image, &records, &name);
        printed(shown.and_then(|()| out.flush()))?;
    }
    // The summary has a line for it, and for programs there is a member.
    if image.bytes_behind > 0 && !args.common.quiet && !args.view.is_summary() && !args.view.json {
        note(
            "ckptinfo",
            format_args!(
                "{name}: {}",
                show::following(
                    image.bytes_behind,
                    &count(image.bytes_behind, "byte", "bytes")
                )
            ),
        );
    }
    match &image.failure {
        // That was the question.
        Some(_) if args.view.error => Ok(()),
        Some(reason) => Err(failed(&name, reason)),
        None => Ok(()),
    }
}

/// A command line for each view.
static VIEWS: LazyLock<Vec<cli::Info>> = LazyLock::new(|| {
    let names = [
        "summary",
        "json",
        "maps",
        "tree",
        "pids",
        "fds",
        "index",
        "registers",
        "error",
    ];
    names
        .iter()
        .map(|name| cli::Info::parse_from(["ckptinfo", &format!("--{name}"), "-"]))
        .collect()
});

/// Shows an image in every way there is, to no reader; whether it is whole. For the fuzzer.
///
/// # Errors
///
/// Those of lseek(2).
pub fn show_in_all_ways(image: &File) -> io::Result<bool> {
    let mut out = Escaping(sink());
    let items = || -> io::Result<Items> {
        let mut from = image.try_clone()?;
        from.rewind()?;
        Ok(Items::new(Stream::new(from)))
    };
    let is_listed = list(&mut items()?, &mut out, false).is_ok();
    let mut records = Records::default();
    let decoded: std::result::Result<_, ReadError> = decode::decode(&mut items()?, |placed| {
        records.keep(placed);
        Ok(())
    });
    let Ok(image) = decoded else {
        return Ok(false);
    };
    for args in VIEWS.iter() {
        show(&mut out, args, &image, &records, "-")?;
    }
    Ok(is_listed)
}

/// The failure for an image that cannot be read, or is damaged.
fn failure(error: &ReadError, items: &mut Items, name: &str) -> Failure {
    let packed = source::packed(&items.first(), name, "ckptinfo -");
    let known = packed.or_else(|| source::empty(error, items.taken(), name));
    known.unwrap_or_else(|| match error {
        ReadError::End if items.position() > 0 => cut(items, name),
        _ => source::failure(error, name, items.position()),
    })
}

/// Whether it is a checksum of a stretch that does not agree, which is noticed at the end only.
fn is_somewhere(error: &ReadError) -> bool {
    matches!(error, ReadError::Malformed(malformed) if malformed.problem == Problem::Checksum)
}

/// What to do to find that stretch of an image that is a file.
fn look_into_index(name: &str) -> String {
    let name = match name {
        source::STANDARD => "-".to_owned(),
        name => quoted(name),
    };
    format!("ckptinfo --index {name} tells which section or object is damaged.")
}

/// The failure for an image that ends too early: where, and how much of the record is missing in which it
/// does. What would have come behind that is not known.
fn cut(items: &mut Items, name: &str) -> Failure {
    let (end, record) = items.end();
    let place = match record {
        Some(hdr) => {
            let whole = hdr.position + HDR_SIZE as u64 + u64::from(hdr.body);
            format!(
                "{} at offset {}, of which {} missing",
                hdr.kind.name(),
                hdr.position,
                count(whole.saturating_sub(end), "byte is", "bytes are")
            )
        }
        None => match end - items.position() {
            0 => "where a record has to begin".to_owned(),
            part => format!(
                "{} behind the beginning of a record",
                count(part, "byte", "bytes")
            ),
        },
    };
    Failure::new(
        Exit::Image,
        format!("{name}: the image is not complete: it ends at byte {end}, {place}"),
    )
}

fn show(
    out: &mut dyn Write,
    args: &cli::Info,
    image: &Image,
    records: &Records,
    name: &str,
) -> io::Result<()> {
    let view = &args.view;
    if view.json {
        let mut to = serde_json::Serializer::with_formatter(&mut *out, Json::default());
        let behind = image.bytes_behind;
        Whole { records, behind }.serialize(&mut to)?;
        writeln!(out)
    } else if view.maps {
        show::maps(out, image)
    } else if view.tree {
        tree::draw(out, image)
    } else if view.pids {
        tree::table(out, image)
    } else if view.fds {
        descriptors::show(out, image)
    } else if view.index {
        index::show(out, &image.index)
    } else if view.registers {
        show::registers(out, image)
    } else if view.error {
        match &image.failure {
            Some(reason) => writeln!(out, "{}", printable(reason)),
            None => writeln!(out, "the checkpoint did not fail"),
        }
    } else {
        show::summary(out, image, name)
    }
}

/// Why a list of records ends early.
enum ListError {
    Read(ReadError),
    Print(io::Error),
}

impl From<ReadError> for ListError {
    fn from(error: ReadError) -> Self {
        ListError::Read(error)
    }
}

/// Lists the records as they come, so that those before a damage are seen. What is verified is the same
/// as for every other view.
fn list(
    items: &mut Items,
    out: &mut dyn Write,
    quiet: bool,
) -> std::result::Result<Image, ListError> {
    if !quiet {
        records::title(out).map_err(ListError::Print)?;
    }
    decode::decode(items, |placed| match quiet {
        true => Ok(()),
        false => records::line(out, placed).map_err(ListError::Print),
    })
}

fn failed(name: &str, reason: &str) -> Failure {
    Failure::new(
        Exit::Image,
        format!("{name}: the checkpoint had failed: {}", printable(reason)),
    )
}

fn printed(result: io::Result<()>) -> Result<()> {
    result.map_err(|error| unprinted(&error))
}

fn unprinted(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        // As for any program whose output is not read any more.
        Some(libc::EPIPE) => Failure::interrupted(libc::SIGPIPE),
        _ => Failure::os("cannot print", error),
    }
}
