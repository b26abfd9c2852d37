// SPDX-License-Identifier: GPL-2.0-only

//! Fields that have to be zero, ids, and records that say how address spaces share pages.

use ckpt_image::{
    record::{
        CpuFpu,
        Cred,
        Guards,
        Header,
        HeaderArch,
        Mm,
        PagesCopied,
        PagesShared,
        Record,
        RestartBlock,
        SigPending,
        Sighand,
        Signal,
        TaskObjs,
        Thread,
        Vma, //
    },
    testing::Part, //
};

use super::row::{
    self, fields, parts, position, Change, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        parts("zero_fields", Refused, |good| {
            let mut images = changed::<Header>(good, &[|header| header.reserved = 1]);
            images.extend(changed::<HeaderArch>(good, &[|arch| arch.reserved = 1]));
            images.extend(changed::<Thread>(good, &[|thread| thread.reserved = 1]));
            images.extend(changed::<CpuFpu>(good, &[|fpu| fpu.reserved = 1]));
            images.extend(changed::<Guards>(good, &[|guards| guards.reserved = 1]));
            images.extend(changed::<Sighand>(good, &[|sighand| sighand.reserved = 1]));
            images.extend(changed::<SigPending>(good, &[|queue| queue.reserved = 1]));
            images.extend(changed::<Mm>(
                good,
                &[
                    |mm| mm.reserved = 1,
                    |mm| mm.reserved2[0] = 1,
                    |mm| mm.reserved2[2] = 1 << 63,
                ],
            ));
            images.extend(changed::<RestartBlock>(
                good,
                &[
                    |block| block.reserved = 1,
                    |block| block.reserved2 = 1,
                    |block| block.reserved3 = 1,
                ],
            ));
            images.extend(changed::<TaskObjs>(
                good,
                &[|objs| objs.reserved = 1, |objs| objs.reserved2 = 1],
            ));
            images
        }),
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

/// One image for each change of the first record of a kind.
fn changed<R: Record>(good: &[Part], changes: &[Change<R>]) -> Vec<Vec<Part>> {
    row::changed(good, position::<R>(good, |_| true), changes)
}
