// SPDX-License-Identifier: GPL-2.0-only

//! The view that shows one line for each record, as it is read.
//!
//! Each line is made from the declaration of the record in the image crate: no record is named here. Fields
//! that are zero are left out.

use std::{
    fmt::Write as _,
    io::{
        self,
        Write, //
    },
};

use ckpt_image::{
    describe::{
        Field,
        Layout,
        Role,
        Set, //
    },
    record::{
        Pages,
        OUTSIDE, //
    },
    HDR_SIZE, //
};
use zerocopy::IntoBytes;

use super::{
    items::{
        Item,
        Placed, //
    },
    names, //
};
use crate::{
    failure::signal_name,
    text::printable, //
};

/// Titles of the columns.
pub fn title(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>5} {:<13} {:>9}  FIELDS",
        "OFFSET", "KIND", "", "LENGTH"
    )
}

/// The line of one record.
pub fn line(out: &mut dyn Write, placed: &Placed) -> io::Result<()> {
    let hdr = &placed.hdr;
    writeln!(
        out,
        "{:>12} {:>5} {:<13} {:>9}  {}",
        hdr.position,
        hdr.kind.0,
        hdr.kind.name(),
        u64::from(hdr.body) + HDR_SIZE as u64,
        printable(&said(placed))
    )
}

fn said(placed: &Placed) -> String {
    match &placed.item {
        Item::Fixed(info, body) => fields(info.fields, body),
        Item::Entries(_, payload, bytes) => {
            let count = bytes.len() / payload.size;
            let mut line = format!("{count} {}", payload.name);
            if !payload.fields.is_empty() && count > 0 {
                line += &format!(": {}", fields(payload.fields, bytes));
                line += if count > 1 { "; …" } else { "" };
            }
            line
        }
        Item::Pages(_, pages, _) => fields(Pages::FIELDS, pages.as_bytes()),
        Item::Text(_, _, text) | Item::Reason(text) => format!("{text:?}"),
        Item::Error => String::new(),
    }
}

/// The fields of a record or an entry whose numbers are not all zero.
pub fn fields(fields: &[Field], body: &[u8]) -> String {
    let mut line = String::new();
    for field in fields {
        let bytes = body.get(field.offset..field.offset + field.size);
        let bytes = bytes.unwrap_or_default();
        let is_zero = bytes.iter().all(|byte| *byte == 0);
        // Zero is a place like others, and a value that may have a name.
        if is_zero && !matches!(field.role, Role::Place | Role::OneOf(_)) {
            continue;
        }
        if !line.is_empty() {
            line += ", ";
        }
        line += field.name;
        for which in 0..field.count() {
            let _ = write!(line, " {}", value(field, field.number(body, which)));
        }
    }
    line
}

/// One number of a field.
fn value(field: &Field, number: u64) -> String {
    let signed = field.signed(number);
    match field.role {
        Role::Address | Role::Mask => format!("{number:#x}"),
        Role::Octal => format!("{number:#o}"),
        Role::Kind => names::kind(number),
        Role::Flags(set) => flags(set, number),
        Role::OneOf(set) => set
            .name_of(number)
            .map_or_else(|| number.to_string(), str::to_owned),
        Role::Place if number == u64::from(OUTSIDE) => "OUTSIDE".to_owned(),
        Role::Signal if (1..=64).contains(&signed) => signal_name(signed as i32),
        Role::Signals => names::signals(number).join("|"),
        Role::Nanoseconds if signed < 0 || field.is_signed() => format!("{signed} ns"),
        Role::Nanoseconds => format!("{number} ns"),
        Role::Bytes(_) if !field.is_signed() => format!("{number} bytes"),
        _ if field.is_signed() => signed.to_string(),
        _ => number.to_string(),
    }
}

/// The names of the bits that are set, and the bits that have none.
fn flags(set: &Set, bits: u64) -> String {
    let known = set.members.iter().filter(|bit| bits & bit.value != 0);
    let mut names: Vec<String> = known.clone().map(|bit| bit.name.to_owned()).collect();
    let rest = known.fold(bits, |rest, bit| rest & !bit.value);
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    names.join("|")
}

#[cfg(test)]
mod tests {
    use ckpt_image::record::{
        file_kind,
        file_mark,
        File,
        Sched,
        TreeEntry, //
    };
    use zerocopy::FromZeros;

    use super::*;

    #[test]
    fn fields_are_told_by_their_roles() {
        let file = File {
            objref: 7,
            kind: file_kind::PIPE,
            marks: file_mark::NODE | file_mark::FRESH | 1 << 15,
            flags: 0o2001,
            object: 0,
        };
        assert_eq!(
            fields(File::FIELDS, file.as_bytes()),
            "objref 7, kind PIPE, marks NODE|FRESH|0x8000, flags 0o2001"
        );
        let entry = TreeEntry {
            pid: 12,
            session: OUTSIDE,
            ..TreeEntry::new_zeroed()
        };
        let entry = fields(TreeEntry::FIELDS, entry.as_bytes());
        assert!(entry.starts_with("pid 12, parent 0, leader 0, group 0, session OUTSIDE"));
        let sched = Sched {
            nice: -5,
            ..Sched::new_zeroed()
        };
        assert_eq!(fields(Sched::FIELDS, sched.as_bytes()), "nice -5");
    }
}
