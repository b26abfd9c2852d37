// SPDX-License-Identifier: GPL-2.0-only

//! Compares `Documentation/image-format.md` with the declarations of the records.

use std::fs;

use crate::{
    describe::{
        Role,
        What,
        RECORDS, //
    },
    testing::with_tables,
};

#[test]
fn the_document_has_the_tables_of_the_declarations() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../Documentation/image-format.md"
    );
    let text = fs::read_to_string(path).unwrap();
    let wanted = with_tables(&text).unwrap();
    for (number, (line, wanted)) in (1..).zip(text.lines().zip(wanted.lines())) {
        assert_eq!(
            line, wanted,
            "image-format.md, line {number}: `make tables` brings it up to date"
        );
    }
    assert_eq!(text, wanted);
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
                What::Record(_, None) | What::Text(..) | What::Maybe(_) => {}
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
