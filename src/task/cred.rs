// SPDX-License-Identifier: GPL-2.0-only

//! CRED and TASK_CREDS: users, groups and capabilities of a task.
//!
//! A task that restores itself gets its ids before its files, so that what is made for it belongs to its
//! user and counts for that user. It keeps the capabilities of the caller until the end, so that it may
//! open what the program could no longer open; its own capabilities come last ([`Own::settle`]).

use kernel::{
    fmt,
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
};

use ckpt_image::{
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
        self,
        cred::{
            self,
            Cred, //
        },
        errno,
        me,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "credentials",
    outlives: true,
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
        if let Some(what) = refusal(&cred.to_record(), &cred.groups()?)? {
            return Err(refuse!(
                context.log,
                EPERM => Reason::Credentials,
                Some(task),
                "the caller could not restart the task, which has {}",
                what
            ));
        }
    }
    let objref = save(context, cred)?;
    context.out.record(&TaskCreds {
        real: objref,
        effective: objref,
    })
}

/// Credentials that are in the image, by a sum over what they are.
#[derive(Default)]
struct Known(RBTree<u32, (u32, Cred)>);

/// Writes credentials, unless the image has them, or others that are equal, and gives their id. Tasks that
/// have the same share them or not, which makes no difference to them.
pub(crate) fn save(context: &mut saving::Context<'_>, cred: Cred) -> Result<u32> {
    if let Some(objref) = context.objects.find(Sort::Cred, cred.key()) {
        return Ok(objref);
    }
    let mut saved = cred.to_record();
    let groups = cred.groups()?;
    let sum = sys::checksum(!0, saved.as_bytes());
    let sum = sys::checksum(sum, groups.as_slice().as_bytes());
    if let Some((objref, known)) = context.states.get::<Known>()?.0.get(&sum) {
        if known.equals(&cred)? {
            return Ok(*objref);
        }
    }
    let (objref, _) = context
        .objects
        .add(Sort::Cred, cred.key(), || Held::Cred(cred.clone()))?;
    let known = context.states.get::<Known>()?;
    known
        .0
        .try_create_and_insert(sum, (objref, cred), GFP_KERNEL_ACCOUNT)?;
    saved.objref = objref;
    context.out.record(&saved)?;
    context.out.buffer(groups.as_slice().as_bytes())?;
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
    if refs.effective != refs.real {
        return Err(context.malformed(Problem::Objref(refs.effective)));
    }
    let saved = of(context, refs.real)?;
    if saved.is_callers()? {
        return Ok(());
    }
    saved.check(context)?;
    saved.enter(context)?;
    let own = Own(saved);
    if context.is_dead() {
        return own
            .settle()
            .map_err(|error| context.fail(error, fmt!("credentials of a dead task")));
    }
    Ok(context.keep(own)?)
}

/// The credentials of a task that are not those of the caller of the restart.
pub(crate) struct Own(Arc<Saved>);

impl Own {
    /// The credentials that the task is to have.
    ///
    /// # Errors
    ///
    /// As [`Saved::prepare`].
    pub(crate) fn prepare(&self) -> Result<Cred> {
        self.0.prepare()
    }

    /// Gives the task its capabilities, as the last for which it may need those of the caller. What that
    /// resets, the dumpable flag and the parent-death signal, is set afterwards.
    ///
    /// # Errors
    ///
    /// As [`Saved::prepare`].
    pub(crate) fn settle(self) -> Result {
        self.prepare().map(Cred::commit)
    }
}

/// The dumpable flag of a program that others of its user may look into (SUID_DUMP_USER).
const DUMPABLE: u32 = 1;

impl Saved {
    /// Whether the caller has the same.
    fn is_callers(&self) -> Result<bool> {
        let mine = Cred::of(&Task::current());
        let same = record::Cred {
            objref: self.record.objref,
            ..mine.to_record()
        };
        Ok(same.as_bytes() == self.record.as_bytes() && *mine.groups()? == *self.groups)
    }

    /// Checks that the caller could get these credentials by system calls.
    fn check(&self, context: &restoring::Context<'_>) -> Outcome {
        match refusal(&self.record, &self.groups)? {
            None => Ok(()),
            Some(what) => Err(context.fail_because(
                EPERM,
                Reason::Credentials.into(),
                fmt!("the task had {}, which the caller may not have", what),
            )),
        }
    }

    /// Gives the caller these ids. It keeps its capabilities, and with them it cannot be attached to by
    /// others of the user.
    fn enter(&self, context: &mut restoring::Context<'_>) -> Outcome {
        let made = Cred::with_ids(&self.record, &self.groups);
        // What a security module has to say against them is said now.
        let (cred, _) = made
            .and_then(|cred| Ok((cred, self.prepare()?)))
            .map_err(|error| {
                context.fail(error, fmt!("credentials of user {}", self.record.uid))
            })?;
        let me = Task::current();
        if Cred::of(&me).has_session() && !cred.has_session() {
            context.say(fmt!(
                "task {}: the session keyring of the caller is another user's: its copy goes by that of user {}",
                me.pid(),
                self.record.uid
            ));
        }
        let (dumpable, pdeath_signal) = (me.dumpable(), me.pdeath_signal());
        cred.commit();
        me::set_pdeath_signal(pdeath_signal);
        let task = context.own.get::<Option<record::Task>>()?;
        if task.as_ref().is_some_and(|task| task.dumpable == DUMPABLE) {
            me::set_dumpable(dumpable);
        }
        Ok(())
    }

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
            return Err(context.fail(EPERM, fmt!("a file that a task with {} had opened", why)));
        }
        // Anew for each task: its label, Landlock domain and keyrings are in them, too.
        self.prepare()?.act(|| what(context))
    }

    /// These, of the caller's own for the rest. Whether the caller may have them is not asked.
    ///
    /// # Errors
    ///
    /// `EINVAL` when a number means no user or group, `ENOMEM`, and what a security module says.
    pub(crate) fn prepare(&self) -> Result<Cred> {
        Cred::prepare(&self.record, &self.groups)
    }
}

/// SECBIT_NO_CAP_AMBIENT_RAISE (include/uapi/linux/securebits.h).
const NO_CAP_AMBIENT_RAISE: u32 = 1 << 6;

/// What of credentials the caller could not get by system calls.
pub(crate) enum Refusal {
    /// By setresuid(2) or setfsuid(2).
    User(u32),
    /// By setresgid(2) or setfsgid(2).
    Group(u32),
    /// By setgroups(2).
    Groups,
    /// By capset(2) or prctl(2): which set, and which of it.
    Capabilities(&'static str, u64),
    /// By PR_CAPBSET_DROP: which would have to go.
    Bounds(u64),
    /// By PR_SET_SECUREBITS.
    Securebits(u32),
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::User(id) => write!(to, "user id {id}"),
            Refusal::Group(id) => write!(to, "group id {id}"),
            Refusal::Groups => write!(to, "other supplementary groups"),
            Refusal::Capabilities(set, which) => write!(to, "{set} capabilities {which:#x}"),
            Refusal::Bounds(which) => write!(to, "a bounding set without {which:#x}"),
            Refusal::Securebits(bits) => write!(to, "securebits {bits:#x}"),
        }
    }
}

/// What of credentials the caller could not get by setresuid(2), setresgid(2), setgroups(2), capset(2),
/// prctl(2).
pub(crate) fn refusal(saved: &record::Cred, theirs: &[u32]) -> Result<Option<Refusal>> {
    let mine = Cred::of(&Task::current());
    let own = mine.to_record();
    let users = [saved.uid, saved.euid, saved.suid, saved.fsuid];
    let groups = [saved.gid, saved.egid, saved.sgid, saved.fsgid];
    if let Some(id) = users.into_iter().find(|id| !cred::may_be_user(*id)) {
        return Ok(Some(Refusal::User(id)));
    }
    if let Some(id) = groups.into_iter().find(|id| !cred::may_be_group(*id)) {
        return Ok(Some(Refusal::Group(id)));
    }
    if *theirs != *mine.groups()? && !cred::may_choose_groups() {
        return Ok(Some(Refusal::Groups));
    }
    Ok(capability_refusal(saved, &own))
}

/// The same of capabilities and securebits.
fn capability_refusal(saved: &record::Cred, own: &record::Cred) -> Option<Refusal> {
    let more = if cred::may_lower_bounds() {
        own.cap_bset
    } else {
        own.cap_bset & own.cap_permitted
    };
    let no_raise = own.securebits & NO_CAP_AMBIENT_RAISE != 0;
    let mut ambient = saved.cap_permitted & saved.cap_inheritable;
    if no_raise {
        ambient &= own.cap_ambient;
    }
    let sets = [
        ("permitted", saved.cap_permitted, own.cap_permitted),
        ("effective", saved.cap_effective, saved.cap_permitted),
        (
            "inheritable",
            saved.cap_inheritable,
            own.cap_inheritable | more,
        ),
        ("bounding", saved.cap_bset, own.cap_bset),
        ("ambient", saved.cap_ambient, ambient),
    ];
    for (set, wanted, most) in sets {
        if wanted & !most != 0 {
            return Some(Refusal::Capabilities(set, wanted & !most));
        }
    }
    if saved.cap_bset != own.cap_bset && !cred::may_lower_bounds() {
        return Some(Refusal::Bounds(own.cap_bset & !saved.cap_bset));
    }
    if !cred::may_have_securebits(saved.securebits) {
        return Some(Refusal::Securebits(saved.securebits));
    }
    None
}
