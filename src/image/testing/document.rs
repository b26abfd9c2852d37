// SPDX-License-Identifier: GPL-2.0-only

//! The tables of `Documentation/image-format.md`, made from the declarations of the records.
//!
//! In the document each stands between two comments: `<!-- record FILE -->`, `<!-- entry Run -->`,
//! `<!-- set file_kind -->` or `<!-- kinds -->`, and `<!-- end -->`. What a field means is the first paragraph of
//! its comment in the declaration. What a reader accepts is the second paragraph; without it, that follows
//! from the role of the field.

use std::{
    borrow::ToOwned,
    format,
    string::{
        String,
        ToString, //
    },
    vec,
    vec::Vec, //
};

use crate::{
    describe::{
        info,
        Field,
        Follow,
        Payload,
        Role,
        Set,
        What,
        RECORDS, //
    },
    Kind, //
};

/// Begins and ends of comments of Markdown.
const OPEN: &str = "<!-- ";
const CLOSE: &str = " -->";

/// The document with its tables as they have to be.
///
/// # Errors
///
/// A comment that names no table, or has no end; a table that no comment names.
pub fn with_tables(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut missing = all_names();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out += line;
        out += "\n";
        let comment = line.strip_prefix(OPEN);
        let Some(name) = comment.and_then(|rest| rest.strip_suffix(CLOSE)) else {
            continue;
        };
        out += &table(name).ok_or_else(|| format!("there is no table {name}"))?;
        missing.retain(|known| known != name);
        let end = format!("{OPEN}end{CLOSE}");
        if !lines.any(|line| line == end) {
            return Err(format!("the table {name} has no end"));
        }
        out += &end;
        out += "\n";
    }
    match missing.first() {
        None => Ok(out),
        Some(name) => Err(format!("the table {name} is missing")),
    }
}

/// The entries of BUFFERs that have fields, each once.
fn entries() -> Vec<Payload> {
    let mut all: Vec<Payload> = Vec::new();
    let follows = RECORDS.iter().copied().flatten();
    for follow in follows.flat_map(|info| info.follows) {
        if let What::Buffer(payload) | What::Within(payload) = follow.what {
            let is_known = all.iter().any(|known| known.name == payload.name);
            if !payload.fields.is_empty() && !is_known {
                all.push(payload);
            }
        }
    }
    all
}

/// The sets that fields name, each once; whether it is one of bits.
fn sets() -> Vec<(&'static Set, bool)> {
    let mut all: Vec<(&'static Set, bool)> = Vec::new();
    let records = RECORDS.iter().copied().flatten();
    let of_records = records.flat_map(|info| info.fields);
    let of_entries = entries();
    let of_entries = of_entries.iter().flat_map(|payload| payload.fields);
    for field in of_records.chain(of_entries) {
        let set = match field.role {
            Role::Flags(set) => (set, true),
            Role::OneOf(set) => (set, false),
            _ => continue,
        };
        if !all.iter().any(|(known, _)| known.name == set.0.name) {
            all.push(set);
        }
    }
    all
}

fn all_names() -> Vec<String> {
    let records = RECORDS.iter().copied().flatten();
    let records = records.map(|info| format!("record {}", info.kind.name()));
    let entries = entries();
    let entries = entries.iter().map(|entry| format!("entry {}", entry.name));
    let sets = sets();
    let sets = sets.iter().map(|(set, _)| format!("set {}", set.name));
    let kinds = ["kinds".to_owned()];
    records.chain(entries).chain(sets).chain(kinds).collect()
}

fn table(name: &str) -> Option<String> {
    let (sort, name) = name.split_once(' ').unwrap_or((name, ""));
    match sort {
        "record" => {
            let mut kinds = Kind::ALL.iter();
            let kind = kinds.find(|kind| kind.name() == name)?;
            Some(layout(info(*kind)?.fields))
        }
        "entry" => {
            let entries = entries();
            let mut entries = entries.iter();
            let entry = entries.find(|entry| entry.name == name)?;
            Some(layout(entry.fields))
        }
        "set" => {
            let sets = sets();
            let mut sets = sets.iter();
            let (set, is_bits) = sets.find(|(set, _)| set.name == name)?;
            Some(members(set, *is_bits))
        }
        "kinds" => Some(kinds()),
        _ => None,
    }
}

/// A table out of its cells, the title first.
fn rows(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match &**cell {
                "" => " ".to_owned(),
                cell => format!(" {cell} "),
            })
            .collect();
        out += &format!("|{}|\n", cells.join("|"));
        if number == 0 {
            out += &format!("|{}\n", "---|".repeat(row.len()));
        }
    }
    out
}

fn words(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The paragraphs of a comment.
fn paragraphs(doc: &[&str]) -> [String; 2] {
    let mut both = doc.split(|line| line.trim().is_empty());
    [(); 2].map(|()| {
        let lines = both.next().unwrap_or_default();
        let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        lines.join(" ")
    })
}

/// A sentence as it stands in a cell.
fn phrase(sentence: &str) -> String {
    let text = sentence.strip_suffix('.').unwrap_or(sentence);
    let text = text.replace("[`", "`").replace("`]", "`");
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        // No abbreviation.
        (Some(first), Some(second)) if second.is_lowercase() || (first, second) == ('A', ' ') => {
            let rest = text.get(first.len_utf8()..).unwrap_or_default();
            format!("{}{rest}", first.to_lowercase())
        }
        _ => text,
    }
}

/// The fields of a structure.
fn layout(fields: &[Field]) -> String {
    let title = words(&["offset", "type", "field", "meaning", "limits on reading"]);
    let mut all = vec![title];
    for field in fields {
        let [meaning, limits] = paragraphs(field.doc);
        all.push(vec![
            field.offset.to_string(),
            field.words.to_owned(),
            field.name.to_owned(),
            phrase(&meaning),
            match &*limits {
                "" => taken(field),
                limits => limits.to_owned(),
            },
        ]);
    }
    rows(&all)
}

/// What a reader takes for a field of this role.
fn taken(field: &Field) -> String {
    let kinds = |kinds: &[Kind]| {
        let names = kinds.iter().map(|kind| format!("a {}", kind.name()));
        let names: Vec<String> = names.collect();
        format!("id of {}", names.join(" or "))
    };
    match field.role {
        Role::Zero => "zero".to_owned(),
        Role::Id => "next id".to_owned(),
        Role::Flags(_) => "no unknown bit".to_owned(),
        Role::OneOf(_) => "a known kind".to_owned(),
        Role::Count(Some(limit)) | Role::Bytes(Some(limit)) => format!("≤ {}", limit.name),
        Role::Object(of) => kinds(of),
        Role::Maybe(of) => format!("{}, or 0", kinds(of)),
        _ => "any".to_owned(),
    }
}

/// The members of a set.
fn members(set: &Set, is_bits: bool) -> String {
    let all: Vec<[String; 4]> = set
        .members
        .iter()
        .map(|member| {
            let [meaning, limits] = paragraphs(member.doc);
            let number = match is_bits {
                true => member.value.trailing_zeros().into(),
                false => member.value,
            };
            let name = member.name.to_owned();
            [name, number.to_string(), phrase(&meaning), limits]
        })
        .collect();
    let columns = match all.iter().any(|[.., limits]| !limits.is_empty()) {
        true => 4,
        false => 3,
    };
    let name = format!("`{}`", set.name);
    let number = if is_bits { "bit" } else { "value" };
    let title = words(&[&name, number, "meaning", "limits on reading"]);
    let all = all.into_iter().map(Vec::from);
    let all: Vec<Vec<String>> = [title]
        .into_iter()
        .chain(all)
        .map(|row| row.into_iter().take(columns).collect())
        .collect();
    rows(&all)
}

/// All kinds of records.
fn kinds() -> String {
    let title = words(&["kind", "number", "form", "followed by"]);
    let mut all = vec![title];
    for kind in Kind::ALL {
        let info = info(*kind);
        let form = match (*kind, info) {
            (Kind::PAGES, _) => "runs, pages, checksums".to_owned(),
            (Kind::BUFFER, _) => "array".to_owned(),
            (Kind::STRING, _) => "text".to_owned(),
            (_, Some(info)) => info.size.to_string(),
            (_, None) => "empty".to_owned(),
        };
        let follows = info.map_or(&[][..], |info| info.follows);
        let mut following: Vec<String> = follows.iter().filter_map(follows_as).collect();
        following.dedup_by(|next, before| {
            let is_same = next == before;
            if is_same {
                *before = format!("twice {next}");
            }
            is_same
        });
        let own = follows.iter().filter_map(own_record);
        let own: Vec<&str> = own.collect();
        if let (Some(first), Some(at)) = (
            own.first(),
            following
                .iter()
                .position(|text| text.starts_with("perhaps")),
        ) {
            let names = format!("{first} … {}", own.last().unwrap_or(first));
            following.insert(at, format!("{names}, whichever `kind` names"));
        }
        if *kind == Kind::ERROR {
            following.push("STRING".to_owned());
        }
        all.push(vec![
            kind.name().to_owned(),
            kind.0.to_string(),
            form,
            following.join("; "),
        ]);
    }
    rows(&all)
}

/// The record that a kind has which is called like it.
fn own_record(follow: &Follow) -> Option<&'static str> {
    match follow.what {
        What::Record(kind, None) if follow.bit == Some(kind.name()) => {
            (follow.fields == ["kind"]).then_some(kind.name())
        }
        _ => None,
    }
}

/// What follows a record, in words.
fn follows_as(follow: &Follow) -> Option<String> {
    if own_record(follow).is_some() {
        return None;
    }
    let what = match follow.what {
        What::Text(of, _) => format!("STRING ({of})"),
        What::Buffer(payload) => {
            let name = match payload.name {
                "u8" => "bytes",
                name => name,
            };
            format!("BUFFER of {name}")
        }
        What::Record(kind, None) => kind.name().to_owned(),
        What::Record(kind, Some(count)) => format!("`{count}` times {}", kind.name()),
        What::Maybe(kind) => format!("perhaps {}", kind.name()),
        What::Pages(kind, count) => format!("{} until `{count}` are there", kind.name()),
        What::Within(_) => return None,
    };
    let fields: Vec<String> = follow
        .fields
        .iter()
        .map(|field| format!("`{field}`"))
        .collect();
    Some(match follow.bit {
        _ if follow.is_text_bound() => format!("{what}, when the text is not empty"),
        Some(member) => format!("{what}, with {member}"),
        None if fields.is_empty() => what,
        None => format!("{what}, when {} is not 0", fields.join(" or ")),
    })
}
