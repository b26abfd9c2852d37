// SPDX-License-Identifier: GPL-2.0-only

//! Whether `Documentation/image-format.md` tells what the declarations of the records say.

use std::{
    collections::BTreeMap,
    format,
    fs,
    string::{
        String,
        ToString, //
    },
    vec::Vec, //
};

use crate::{
    describe::{
        Field,
        Role,
        Set,
        What,
        RECORDS, //
    },
    testing::fields,
    Kind, //
};

/// The rows of a table, cell by cell, its title first.
type Table = Vec<Vec<String>>;

/// The tables of the document, by the heading before them.
fn tables() -> BTreeMap<String, Vec<Table>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../Documentation/image-format.md"
    );
    let text = fs::read_to_string(path).unwrap();
    let mut tables: BTreeMap<String, Vec<Table>> = BTreeMap::new();
    let mut heading = String::new();
    let mut is_table = false;
    for line in text.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches(['#', ' ']).to_string();
        }
        let starts = line.starts_with('|') && !is_table;
        is_table = line.starts_with('|');
        if !is_table || line.starts_with("|---") {
            continue;
        }
        let cells = line.trim_matches('|').split('|');
        let cells = cells.map(|cell| cell.trim().to_string()).collect();
        let known = tables.entry(heading.clone()).or_default();
        if starts {
            known.push(Vec::new());
        }
        known.last_mut().unwrap().push(cells);
    }
    tables
}

/// What a table of fields has to begin each of its rows with.
fn layout(fields: &[Field]) -> Vec<[String; 3]> {
    let row = |field: &Field| {
        [
            field.offset.to_string(),
            field.words.to_string(),
            field.name.to_string(),
        ]
    };
    fields.iter().map(row).collect()
}

/// Whether a table is one of these fields.
fn is_layout(table: &Table, fields: &[Field]) -> bool {
    let rows = table.iter().skip(1).map(|row| row.get(..3));
    table[0][0] == "offset" && rows.eq(layout(fields).iter().map(|row| Some(&row[..])))
}

/// The sets that fields name.
fn sets(fields: &[Field]) -> Vec<(&'static Set, bool)> {
    let role = |field: &Field| match field.role {
        Role::Flags(set) => Some((set, true)),
        Role::OneOf(set) => Some((set, false)),
        _ => None,
    };
    fields.iter().filter_map(role).collect()
}

/// Whether a table is that of a set: a name and a number in each row, or twice.
fn is_set(table: &Table, set: &Set, is_bits: bool) -> bool {
    if table[0][0] != format!("`{}`", set.name) {
        return false;
    }
    let mut told = BTreeMap::new();
    // A long one has two halves side by side.
    let columns = match table[0].iter().filter(|title| *title == "bit").count() {
        2 => 3,
        _ => table[0].len(),
    };
    for row in table.iter().skip(1) {
        for half in row.chunks(columns) {
            told.insert(half[0].clone(), half[1].clone());
        }
    }
    let number = |value: u64| match is_bits {
        true => value.trailing_zeros().to_string(),
        false => value.to_string(),
    };
    let members = set.members.iter();
    told == members
        .map(|member| (member.name.to_string(), number(member.value)))
        .collect()
}

#[test]
fn the_document_has_the_tables_of_all_records() {
    let tables = tables();
    for info in RECORDS.iter().copied().flatten() {
        let heading = format!("{} ({})", info.kind.name(), info.kind.0);
        let own = tables.get(&heading).unwrap_or_else(|| panic!("{heading}"));
        assert!(
            own.iter().any(|table| is_layout(table, info.fields)),
            "{heading}: the table should say {:?}",
            layout(info.fields)
        );
        let anywhere = || tables.values().flatten();
        let mut all = sets(info.fields);
        for follow in info.follows {
            let (What::Buffer(payload) | What::Within(payload)) = follow.what else {
                continue;
            };
            all.extend(sets(payload.fields));
            assert!(
                payload.fields.is_empty()
                    || anywhere().any(|table| is_layout(table, payload.fields)),
                "{heading}: the table of {} should say {:?}",
                payload.name,
                layout(payload.fields)
            );
        }
        for (set, is_bits) in all {
            assert!(
                anywhere().any(|table| is_set(table, set, is_bits)),
                "{heading}: the table of {} should say {:?}",
                set.name,
                set.members
            );
        }
    }
}

#[test]
fn the_document_lists_all_kinds() {
    let tables = tables();
    let list = &tables["Records"];
    let list = list.iter().find(|table| table[0][0] == "kind").unwrap();
    let told: Vec<&str> = list.iter().skip(1).map(|row| &*row[0]).collect();
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(told, names);
    for (row, kind) in list.iter().skip(1).zip(Kind::ALL) {
        assert_eq!(row[1], kind.0.to_string(), "{row:?}");
        let size: usize = fields(*kind).iter().map(|field| field.size).sum();
        let is_fixed = size > 0 && *kind != Kind::PAGES;
        assert!(!is_fixed || row[2] == size.to_string(), "{row:?}: {size}");
    }
}

#[test]
fn what_follows_is_named_by_fields_and_bits_that_there_are() {
    for info in RECORDS.iter().copied().flatten() {
        let field = |name: &str| {
            let mut fields = info.fields.iter();
            fields.find(|field| field.name == name).unwrap_or_else(|| {
                panic!("{} has no field {name}", info.name);
            })
        };
        for follow in info.follows {
            match follow.what {
                What::Buffer(payload) | What::Within(payload) => {
                    payload.counts.iter().for_each(|name| {
                        field(name);
                    });
                }
                What::Record(_, Some(name)) | What::Pages(_, name) => {
                    field(name);
                }
                What::Record(_, None) | What::Text(_) | What::Maybe(_) => {}
            }
            for name in follow.fields.iter().filter(|_| !follow.is_text_bound()) {
                let role = field(name).role;
                let Some(bit) = follow.bit else { continue };
                let (Role::Flags(set) | Role::OneOf(set)) = role else {
                    panic!("{name} of {} has no named bits or values", info.name);
                };
                assert!(set.members.iter().any(|member| member.name == bit), "{bit}");
            }
        }
    }
}
