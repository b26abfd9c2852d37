// SPDX-License-Identifier: GPL-2.0-only

//! Counts that do not agree with what follows, or that are over every limit.

use ckpt_image::record::{
    Cred,
    FileTable,
    Guards,
    Mm,
    Pages,
    Sched,
    SigPending,
    Sighand,
    Signal,
    Tree,
    Vma, //
};

use super::row::{
    fields,
    fields_where,
    Row,
    Wanted::Refused, //
};

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        fields::<Tree>(
            "count_of_tasks",
            Refused,
            &[
                |tree| tree.nr_tasks = 0,
                |tree| tree.nr_tasks = 2,
                |tree| tree.nr_tasks = u32::MAX,
            ],
        ),
        fields::<FileTable>(
            "count_of_descriptors",
            Refused,
            &[
                |table| table.nr_fds -= 1,
                |table| table.nr_fds += 1,
                |table| table.nr_fds = ckpt_image::limits::FDS + 1,
                |table| table.nr_fds = u32::MAX,
            ],
        ),
        fields::<FileTable>(
            "count_of_locks",
            Refused,
            &[
                |table| table.nr_locks += 1,
                |table| table.nr_locks = ckpt_image::limits::LOCKS + 1,
                |table| table.nr_locks = u32::MAX,
            ],
        ),
        fields::<Mm>(
            "count_of_mappings",
            Refused,
            &[
                |mm| mm.nr_vmas = 0,
                |mm| mm.nr_vmas -= 1,
                |mm| mm.nr_vmas += 1,
                |mm| mm.nr_vmas = ckpt_image::limits::VMAS + 1,
                |mm| mm.nr_vmas = u32::MAX,
            ],
        ),
        fields::<Mm>(
            "count_of_stored_pages",
            Refused,
            &[
                |mm| mm.nr_pages = 0,
                |mm| mm.nr_pages -= 1,
                |mm| mm.nr_pages += 1,
                |mm| mm.nr_pages = u64::MAX,
            ],
        ),
        fields::<Pages>(
            "count_of_runs",
            Refused,
            &[
                |pages| pages.nr_runs = 0,
                |pages| pages.nr_runs -= 1,
                |pages| pages.nr_runs += 1,
                |pages| pages.nr_runs = ckpt_image::limits::RUNS + 1,
                |pages| pages.nr_runs = u32::MAX,
            ],
        ),
        fields::<Pages>(
            "count_of_pages",
            Refused,
            &[
                |pages| pages.nr_pages = 0,
                |pages| pages.nr_pages -= 1,
                |pages| pages.nr_pages += 1,
                |pages| pages.nr_pages = ckpt_image::limits::PAGES + 1,
                |pages| pages.nr_pages = u32::MAX,
            ],
        ),
        fields::<Pages>(
            "offsets_of_pages",
            Refused,
            &[
                |pages| pages.data_offset = 0,
                |pages| pages.data_offset += 4096,
                |pages| pages.data_offset = u32::MAX,
                |pages| pages.runs_offset = 0,
                |pages| pages.runs_offset = u32::MAX - 7,
                |pages| pages.runs_offset += 8,
            ],
        ),
        fields::<Sighand>(
            "count_of_handlers",
            Refused,
            &[
                |sighand| sighand.nr_actions += 1,
                |sighand| sighand.nr_actions = 65,
                |sighand| sighand.nr_actions = u32::MAX,
            ],
        ),
        fields_where::<SigPending>(
            "count_of_signals",
            Refused,
            |queue| queue.nr_entries > 0,
            &[
                |queue| queue.nr_entries = 0,
                |queue| queue.nr_entries += 1,
                |queue| queue.nr_entries = ckpt_image::limits::PENDING + 1,
                |queue| queue.nr_entries = u32::MAX,
            ],
        ),
        fields::<Signal>(
            "count_of_timers",
            Refused,
            &[
                |signal| signal.nr_timers = 0,
                |signal| signal.nr_timers -= 1,
                |signal| signal.nr_timers += 1,
                |signal| signal.nr_timers = ckpt_image::limits::TIMERS + 1,
                |signal| signal.nr_timers = u32::MAX,
            ],
        ),
        fields::<Signal>(
            "count_of_limits",
            Refused,
            &[
                |signal| signal.nr_rlimits = 0,
                |signal| signal.nr_rlimits = 17,
                |signal| signal.nr_rlimits = u32::MAX,
            ],
        ),
        fields::<Cred>(
            "count_of_groups",
            Refused,
            &[
                |cred| cred.nr_groups += 1,
                |cred| cred.nr_groups = ckpt_image::limits::GROUPS + 1,
                |cred| cred.nr_groups = u32::MAX,
            ],
        ),
        fields::<Sched>(
            "affinity_length",
            Refused,
            &[
                |sched| sched.affinity_len = ckpt_image::limits::CPUMASK + 8,
                |sched| sched.affinity_len = u32::MAX,
            ],
        ),
        fields::<Guards>(
            "count_of_guards",
            Refused,
            &[
                |guards| guards.nr_runs = 0,
                |guards| guards.nr_runs += 1,
                |guards| guards.nr_runs = u32::MAX,
            ],
        ),
        fields_where::<Vma>(
            "guards_of_mapping",
            Refused,
            |vma| vma.nr_guards > 0,
            &[
                |vma| vma.nr_guards = 0,
                |vma| vma.nr_guards += 1,
                |vma| vma.nr_guards = u32::MAX,
            ],
        ),
    ]
}
