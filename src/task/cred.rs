// SPDX-License-Identifier: GPL-2.0-only

//! CRED and TASK_CREDS: who the task is. For now they have to be those of whoever restarts it.

use kernel::{
    fmt,
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        TaskCreds, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use crate::{
    log::{
        refuse,
        Reason, //
    },
    objhash::{
        Held,
        Object,
        Sort, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        cred::{
            self,
            Cred, //
        },
        errno,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "credentials",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let cred = Cred::of(task);
    if !cred.is_effective(task) {
        return Err(refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(task),
            "the task acts with other credentials than its own"
        ));
    }
    if context.is_for_caller() {
        if let Some(difference) = Difference::from_callers(&cred.to_record(), &cred.groups()?)? {
            return Err(refuse!(
                context.log,
                EPERM => Reason::Credentials,
                Some(task),
                "the caller could not restart the task: credentials differ: {}",
                difference
            ));
        }
    }
    let objref = save(context, cred)?;
    context.out.record(&TaskCreds {
        real: objref,
        effective: objref,
    })
}

/// Writes credentials, unless the image has them already, and gives their id.
pub(crate) fn save(context: &mut saving::Context<'_>, cred: Cred) -> Result<u32> {
    let mut saved = cred.to_record();
    let groups = cred.groups()?;
    let (objref, new) = context
        .objects
        .add(Sort::Cred, cred.key(), || Held::Cred(cred))?;
    if new {
        saved.objref = objref;
        context.out.record(&saved)?;
        context.out.buffer(groups.as_slice().as_bytes())?;
    }
    Ok(objref)
}

/// Credentials as the image has them.
pub(crate) struct Saved {
    record: record::Cred,
    groups: KVVec<u32>,
}

impl Object for Arc<Saved> {}

/// The credentials with this id.
pub(crate) fn of(context: &restoring::Context<'_>, id: u32) -> Outcome<Arc<Saved>> {
    context.get::<Arc<Saved>>(id).cloned()
}

/// Reads a CRED record.
pub(crate) fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let record: record::Cred = context.reader.record()?;
    if record.nr_groups > limits::GROUPS {
        return Err(context.malformed(Problem::Count(record.nr_groups)));
    }
    let mut groups = KVVec::from_elem(0u32, record.nr_groups as usize, GFP_KERNEL_ACCOUNT)?;
    context
        .reader
        .buffer(groups.as_mut_slice().as_mut_bytes())?;
    let saved = Saved { record, groups };
    let cred = Arc::new(saved, GFP_KERNEL_ACCOUNT)?;
    context.define(record.objref, cred)
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind == Kind::CRED {
        restore(context)?;
    }
    let refs: TaskCreds = context.reader.record()?;
    let real = of(context, refs.real)?;
    compare(context, &real)?;
    if refs.effective == refs.real {
        return Ok(());
    }
    let effective = of(context, refs.effective)?;
    compare(context, &effective)
}

impl Saved {
    /// Lets the caller act with these credentials.
    ///
    /// # Errors
    ///
    /// `EPERM` when it could not get them by system calls; the error says what of them.
    pub(crate) fn act<T>(
        &self,
        context: &mut restoring::Context<'_>,
        what: impl FnOnce(&mut restoring::Context<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        if let Some(why) = refusal(&self.record, &self.groups)? {
            return Err(context.fail(EPERM, fmt!("a file that somebody with {} had opened", why)));
        }
        // Anew for each task: its label, Landlock domain and keyrings are in them, too.
        self.prepare()?.act(|| what(context))
    }

    /// These, of the caller's own for the rest. Whether the caller may have them is not asked.
    ///
    /// # Errors
    ///
    /// `EINVAL` when a number means nobody, `ENOMEM`.
    pub(crate) fn prepare(&self) -> Result<Cred> {
        Cred::prepare(&self.record, &self.groups)
    }
}

/// SECBIT_NO_CAP_AMBIENT_RAISE (include/uapi/linux/securebits.h).
const NO_CAP_AMBIENT_RAISE: u32 = 1 << 6;

/// What of credentials the caller could not get by setresuid(2), setresgid(2), setgroups(2), capset(2),
/// prctl(2).
pub(crate) fn refusal(saved: &record::Cred, theirs: &[u32]) -> Result<Option<&'static str>> {
    let mine = Cred::of(&Task::current());
    let own = mine.to_record();
    let users = [saved.uid, saved.euid, saved.suid, saved.fsuid];
    let groups = [saved.gid, saved.egid, saved.sgid, saved.fsgid];
    let inheritable = own.cap_inheritable | own.cap_permitted & own.cap_bset;
    let no_raise = own.securebits & NO_CAP_AMBIENT_RAISE != 0;
    let is_more = saved.cap_permitted & !own.cap_permitted != 0
        || saved.cap_effective & !saved.cap_permitted != 0
        || saved.cap_inheritable & !inheritable != 0
        || saved.cap_bset & !own.cap_bset != 0
        || saved.cap_ambient & !(saved.cap_permitted & saved.cap_inheritable) != 0
        || no_raise && saved.cap_ambient & !own.cap_ambient != 0;
    Ok(if !users.into_iter().all(cred::may_be_user) {
        Some("another user id")
    } else if !groups.into_iter().all(cred::may_be_group) {
        Some("another group id")
    } else if *theirs != *mine.groups()? && !cred::may_choose_groups() {
        Some("other supplementary groups")
    } else if is_more {
        Some("more capabilities")
    } else if saved.cap_bset != own.cap_bset && !cred::may_lower_bounds() {
        Some("another bounding set")
    } else if !cred::may_have_securebits(saved.securebits) {
        Some("other securebits")
    } else {
        None
    })
}

/// What of credentials is not as the caller's are.
enum Difference {
    /// An id or the securebits: what, as saved, the caller's.
    Number(&'static str, u32, u32),
    /// A set of capabilities, the same.
    Capabilities(&'static str, u64, u64),
    /// Supplementary groups.
    Groups,
}

impl Difference {
    /// The first one, if there is any.
    fn from_callers(saved: &record::Cred, groups: &[u32]) -> Result<Option<Self>> {
        let cred = Cred::of(&Task::current());
        let mine = cred.to_record();
        let numbers = [
            ("uid", saved.uid, mine.uid),
            ("euid", saved.euid, mine.euid),
            ("suid", saved.suid, mine.suid),
            ("fsuid", saved.fsuid, mine.fsuid),
            ("gid", saved.gid, mine.gid),
            ("egid", saved.egid, mine.egid),
            ("sgid", saved.sgid, mine.sgid),
            ("fsgid", saved.fsgid, mine.fsgid),
            ("securebits", saved.securebits, mine.securebits),
        ];
        let capabilities = [
            ("inheritable", saved.cap_inheritable, mine.cap_inheritable),
            ("permitted", saved.cap_permitted, mine.cap_permitted),
            ("effective", saved.cap_effective, mine.cap_effective),
            ("bounding", saved.cap_bset, mine.cap_bset),
            ("ambient", saved.cap_ambient, mine.cap_ambient),
        ];
        let number = numbers.into_iter().find(|(_, a, b)| a != b);
        if let Some((what, theirs, ours)) = number {
            return Ok(Some(Difference::Number(what, theirs, ours)));
        }
        let set = capabilities.into_iter().find(|(_, a, b)| a != b);
        if let Some((what, theirs, ours)) = set {
            return Ok(Some(Difference::Capabilities(what, theirs, ours)));
        }
        Ok((*cred.groups()? != *groups).then_some(Difference::Groups))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Number(what, theirs, ours) => {
                write!(to, "{what} {theirs} was saved, {ours} restarts")
            }
            Difference::Capabilities(what, theirs, ours) => write!(
                to,
                "{what} capabilities {theirs:#x} were saved, {ours:#x} restarts"
            ),
            Difference::Groups => write!(to, "supplementary groups"),
        }
    }
}

/// Refuses credentials that the caller has not.
fn compare(context: &restoring::Context<'_>, saved: &Saved) -> Outcome {
    match Difference::from_callers(&saved.record, &saved.groups)? {
        None => Ok(()),
        Some(difference) => Err(context.fail_because(
            EPERM,
            Reason::Credentials.into(),
            fmt!("credentials differ: {}", difference),
        )),
    }
}
