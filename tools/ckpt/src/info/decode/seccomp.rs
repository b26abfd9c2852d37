// SPDX-License-Identifier: GPL-2.0-only

//! Filters: those in the section of a task are its own, the oldest first, and all of them are above what
//! earlier tasks have. That a program is one the kernel takes, the restart has to see.

use std::collections::BTreeMap;

use ckpt_image::{
    record::{
        self,
        seccomp_mode, //
    },
    Hdr,
    Malformed,
    Problem, //
};

use super::{
    Builder,
    Fit, //
};
use crate::info::{
    items::Placed,
    model::Seccomp,
    names, //
};

/// How many filters each is, with those below, by its id.
#[derive(Debug, Default)]
pub struct Filters(BTreeMap<u32, u32>);

impl Filters {
    fn count(&self, hdr: &Hdr, id: u32) -> Result<u32, Malformed> {
        match id {
            0 => Ok(0),
            _ => {
                let count = self.0.get(&id).copied();
                count.ok_or_else(|| hdr.malformed(Problem::Objref(id)))
            }
        }
    }
}

impl Builder {
    pub fn seccomp(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::SeccompFilter>() {
            let newest = self.task(hdr)?.seccomp.filter;
            if newest != 0 && newest != body.prev {
                return Err(hdr.malformed(Problem::Objref(body.prev)));
            }
            if body.len == 0 {
                return Err(hdr.malformed(Problem::Count(0)));
            }
            let below = self.filters.count(hdr, body.prev)?;
            self.filters.0.insert(body.objref, below.saturating_add(1));
            self.task(hdr)?.seccomp.filter = body.objref;
        } else if let Some(body) = placed.body::<record::TaskSeccomp>() {
            let count = self.filters.count(hdr, body.filter)?;
            let seccomp = &mut self.task(hdr)?.seccomp;
            let has_filters = body.mode == seccomp_mode::FILTER;
            if has_filters != (body.filter != 0)
                || (seccomp.filter != 0 && seccomp.filter != body.filter)
            {
                return Err(hdr.malformed(Problem::Objref(body.filter)));
            }
            *seccomp = Seccomp {
                mode: names::seccomp(body.mode),
                filter: body.filter,
                count,
            };
        }
        Ok(())
    }
}
