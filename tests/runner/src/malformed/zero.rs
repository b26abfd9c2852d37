// SPDX-License-Identifier: GPL-2.0-only

//! Fields that have to be zero, ids, and records that say how address spaces share pages.

use ckpt_image::{
    describe::Role,
    record::{
        Cred,
        PagesCopied,
        PagesShared,
        Sighand,
        Signal,
        Vma, //
    },
    testing::{
        fields as fields_of,
        Field,
        Part, //
    },
    Kind, //
};

use super::row::{
    fields, parts, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        parts("zero_fields", Refused, zero_fields),
        // None, and that of something else.
        fields::<Sighand>(
            "handlers_id",
            Refused,
            &[|sighand| sighand.objref = 0, |sighand| sighand.objref = 1],
        ),
        fields::<Signal>(
            "process_id",
            Refused,
            &[|signal| signal.objref = 0, |signal| signal.objref = 1],
        ),
        fields::<Cred>(
            "other_ids",
            Refused,
            &[
                |cred| cred.suid = u32::MAX,
                |cred| cred.gid = u32::MAX,
                |cred| cred.sgid = u32::MAX,
            ],
        ),
        // Root may be anybody; rights/forged_credentials tells what others may be.
        fields::<Cred>(
            "ids_of_others",
            Either,
            &[
                |cred| cred.suid += 1,
                |cred| cred.gid += 1,
                |cred| cred.sgid += 1,
            ],
        ),
        // There is nothing to share them with.
        fields::<Vma>(
            "shares_with_nobody",
            Refused,
            &[|vma| vma.nr_shared = 1, |vma| vma.nr_shared = u64::MAX],
        ),
        // They are for information.
        fields::<Signal>(
            "terminal_in_words",
            Either,
            &[
                |signal| signal.tty = u32::MAX,
                |signal| signal.tty_foreground = i32::MIN,
            ],
        ),
        fields::<PagesShared>(
            "shared_pages",
            Refused,
            &[
                |shared| shared.nr_runs = 0,
                |shared| shared.nr_runs += 1,
                |shared| shared.nr_runs = u32::MAX,
                |shared| shared.reserved = 1,
            ],
        )
        .of_tasks(),
        fields::<PagesCopied>(
            "copied_pages",
            Refused,
            &[
                |copied| copied.nr_runs = 0,
                |copied| copied.nr_runs += 1,
                |copied| copied.nr_runs = u32::MAX,
                |copied| copied.reserved = 1,
            ],
        )
        .of_tasks(),
    ]
}

/// One image for each field that has to be zero, of the first record of each kind.
fn zero_fields(good: &[Part]) -> Vec<Vec<Part>> {
    let mut kinds: Vec<Kind> = good.iter().map(|part| part.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut images = Vec::new();
    for kind in kinds {
        let zero = |field: &&Field| matches!(field.role, Role::Zero);
        for field in fields_of(kind).iter().filter(zero) {
            let Some(at) = good.iter().position(|part| part.kind == kind) else {
                continue;
            };
            // The first byte, and the last.
            for byte in [field.offset, field.offset + field.size - 1] {
                let mut parts = good.to_vec();
                if let Some(byte) = parts[at].body.get_mut(byte) {
                    *byte = 1;
                    images.push(parts);
                }
            }
        }
    }
    images
}
