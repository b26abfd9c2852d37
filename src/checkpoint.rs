// SPDX-License-Identifier: GPL-2.0-only

//! The order in which a tree is saved.
//!
//! Everything is captured in kernel memory before the first byte is written, so that whatever cannot be
//! saved is refused without a trace. [`crate::parts`] lists the parts of a task's section.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    index_len,
    record::{
        container_flag,
        Container,
        Header,
        HeaderArch,
        Tail,
        Tree as TreeRecord,
        OUTSIDE, //
    },
    Writer,
};
use zerocopy::IntoBytes;

use crate::{
    arch,
    capture::{
        self,
        Capture, //
    },
    clocks::Clocks,
    index::Lazy,
    kept::Kept,
    log::{
        refuse,
        Log,
        Reason, //
    },
    objhash::ObjHash,
    parts,
    saving::{
        Context,
        Request, //
    },
    shape::{
        self,
        Shape, //
    },
    sharing,
    states::States,
    sys::{
        self,
        bindings,
        errno,
        file::File,
        pid,
        pidfd,
        task::Task, //
    },
    task::{
        confinement::Confinement,
        supported, //
    },
    tree::{
        self,
        Member,
        Tree, //
    },
};

/// A tree that has been captured and not yet written.
pub(crate) struct Captured {
    /// The checkpoint's id.
    pub(crate) id: i32,
    capture: Capture,
    /// Its end: what stands before the index, and no checksum.
    tail: Tail,
    /// The tree, when page contents are still to be read from it: it has to stand still until then.
    live: Option<Tree>,
    bytes: u64,
}

/// Finds the root of a checkpoint.
pub(crate) fn find_root(request: &Request, log: &Log) -> Result<Task> {
    let root = match request.pid {
        0 => Task::current(),
        pid if pid < 0 => return Err(refuse!(log, EINVAL, None, "{} is no pid", pid)),
        pid => Task::find(pid).ok_or_else(|| no_process(pid, log))?,
    };
    if let Some(pidfd) = &request.pidfd {
        if !pidfd::is_one(pidfd) {
            return Err(EBADF);
        }
        // The number may have come to mean another process since the caller has looked.
        if pidfd::task_of(pidfd).is_none_or(|task| task.key() != root.key()) {
            return Err(no_process(request.pid, log));
        }
    }
    let is_init = root
        .is_container_init()
        .ok_or_else(|| no_process(request.pid, log))?;
    if request.flags & bindings::CHECKPOINT_SUBTREE == 0 && !is_init {
        return Err(refuse!(
            log,
            EINVAL => Reason::Container,
            Some(&root),
            "not the init of a container: CHECKPOINT_SUBTREE is needed to save a subtree"
        ));
    }
    Ok(root)
}

fn no_process(pid: i32, log: &Log) -> Error {
    refuse!(log, ESRCH, None, "there is no process {}", pid)
}

/// Captures the tree below `root`.
///
/// # Errors
///
/// Those of [`Tree::collect`], of [`shape::describe`] and of every part; the log names the object at
/// fault.
pub(crate) fn capture(root: &Task, request: &Request, log: &Log) -> Result<Captured> {
    let tree = Tree::collect(root, log)?;
    if request.flags & bindings::CHECKPOINT_KEEP != 0 && tree.has_caller() {
        return Err(refuse!(
            log,
            EINVAL,
            None,
            "CHECKPOINT_KEEP: the caller is part of the tree"
        ));
    }
    log.go_on(sharing::check(&tree, log))?;
    if request.flags & bindings::CHECKPOINT_SUBTREE == 0 {
        log.go_on(tree::check_container(&tree, root, log))?;
        log.go_on(sharing::check_unseen(&tree, log))?;
    }
    let shape = shape::describe(&tree, log).inspect_err(|error| {
        if !log.has_failure() {
            refuse!(
                log,
                *error,
                Some(root),
                "the tree cannot be described: it is changing"
            );
        }
    })?;
    let mut confinement = Confinement::new(request.flags);
    for task in tree.live() {
        log.go_on(confinement.check(task, log))?;
        supported::check(task, log)?;
    }
    let instant = sys::time::Instant::now();
    let clocks = log
        .go_on(Clocks::at(&instant, tree.live(), errno::eopnotsupp(), log))?
        .unwrap_or_default();
    let mut context = Context {
        request,
        log,
        instant,
        clocks,
        objects: ObjHash::new(),
        states: States::default(),
        out: Writer::new(Capture::new()),
        tree: &tree,
        shape: &shape,
        index: Lazy::new(),
        place: 0,
    };
    context.head()?;
    for (place, member) in tree.members().enumerate() {
        let task = &member.task;
        context.place = place;
        for part in parts::of(member.is_dead()) {
            let saved = (part.checkpoint)(&mut context, task).inspect_err(|error| {
                if !log.has_failure() && log.obstacles() == 0 {
                    refuse!(log, *error, Some(task), "{} cannot be saved", part.name);
                }
            });
            log.go_on(saved)?;
        }
        sys::check_signal()?;
    }
    parts::all_saved(&mut context)?;
    tree.check_unchanged(log)?;
    let out = context.out;
    let tail = tail(&out);
    let end = index_len(out.sink().nr_marks()) + (ckpt_image::HDR_SIZE + size_of::<Tail>()) as u64;
    Ok(Captured {
        id: request.id,
        bytes: out.position() + end,
        capture: out.into_sink(),
        tail,
        live: (!request.copy_pages).then_some(tree),
    })
}

/// Looks for all that keeps the tree below `root` from being saved, and tells the log of each. What is captured
/// for that is given back. Gives how many obstacles there are.
///
/// # Errors
///
/// `EINTR`, `ENOMEM`, and what is told of no part of the tree.
pub(crate) fn check(root: &Task, request: &Request, log: &Log) -> Result<u32> {
    log.collect();
    if let Err(error) = capture(root, request, log) {
        if !log.is_obstacle(error) {
            return Err(error);
        }
        // Most that end it have been counted.
        if log.has_failure() {
            log.count();
        }
        if log.obstacles() == 0 {
            return Err(error);
        }
        log.say(fmt!(
            "what else stands in the way can be told when this does not"
        ));
    }
    Ok(log.obstacles())
}

impl Context<'_> {
    /// HEADER, HEADER_ARCH, CONTAINER, TREE.
    fn head(&mut self) -> Result {
        let shape = self.shape;
        self.out.record(&Header {
            magic: ckpt_image::HEADER_MAGIC,
            format: ckpt_image::FORMAT,
            arch: ckpt_image::ARCH_X86_64,
            incompat: 0,
            compat: 0,
            realtime: self.clocks.realtime,
            monotonic: self.clocks.monotonic,
            boottime: self.clocks.boottime,
            kernel: sys::KERNEL_VERSION,
            id: self.request.id as u32,
            page_size: ckpt_image::PAGE_SIZE as u32,
            nr_signals: ckpt_image::limits::SIGNALS,
            nr_rlimits: ckpt_image::limits::RLIMITS,
            comm_len: ckpt_image::limits::COMM + 1,
            flags: self.request.flags & !(bindings::CHECKPOINT_PIDFD | bindings::CHECKPOINT_KEEP),
            reserved: 0,
        })?;
        for text in sys::uts() {
            self.out.string(text.as_bytes())?;
        }
        self.head_arch(self.tree)?;
        self.container(shape)?;
        self.out.record(&TreeRecord {
            nr_tasks: shape.nr_tasks,
            nr_ghosts: shape.entries.len() as u32 - shape.nr_tasks,
            nr_numbers: shape.numbers.len() as u32,
            reserved: 0,
        })?;
        self.out.buffer(shape.entries.as_slice().as_bytes())?;
        if !shape.numbers.is_empty() {
            self.out.buffer(shape.numbers.as_slice().as_bytes())?;
        }
        Ok(())
    }

    fn container(&mut self, shape: &Shape) -> Result {
        let mut flags = 0;
        if self.request.flags & bindings::CHECKPOINT_SUBTREE != 0 {
            flags |= container_flag::SUBTREE;
        }
        if self.saves_caller() {
            flags |= container_flag::SELF;
        }
        let root = self.tree.at(0).ok_or(ESRCH)?;
        let from_outside = |place: u32, kind| match place {
            OUTSIDE => self.tree.ns().number_of(root, kind),
            _ => 0,
        };
        let entry = shape.entries.first().ok_or(ESRCH)?;
        let record = Container {
            flags,
            root: 0,
            sid: from_outside(entry.session, pid::Kind::Session),
            pgid: from_outside(entry.group, pid::Kind::Group),
            nr_namespaces: 0,
            nr_mounts: 0,
            nr_cgroups: 0,
            reserved: 0,
        };
        self.out.record(&record)
    }

    fn head_arch(&mut self, tree: &Tree) -> Result {
        let mut xfeatures = 0;
        for life in tree.members().filter_map(Member::life) {
            xfeatures |= life.fpu.xfeatures;
        }
        let vdso = arch::vdso::identity();
        self.out.record(&HeaderArch {
            xfeatures,
            mxcsr_mask: arch::fpu::mxcsr_mask(),
            vdso_len: vdso.text_len,
            vdso_crc: vdso.crc,
            vvar_len: vdso.data_len,
            reserved: 0,
        })?;
        let mut components = KVec::new();
        for id in arch::fpu::extended(xfeatures) {
            components.push(arch::fpu::component(id), GFP_KERNEL_ACCOUNT)?;
        }
        self.out.buffer(components.as_slice().as_bytes())
    }
}

/// TAIL for what has been captured: the index, and its checksum, are made when it is written.
fn tail(out: &Writer<Capture>) -> Tail {
    Tail {
        magic: ckpt_image::TAIL_MAGIC,
        bytes: out.position(),
        records: out.records(),
        pages: out.pages(),
        index: out.position(),
        checksum: 0,
        reserved: 0,
    }
}

impl Captured {
    /// Bytes that writing it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is saved, kept to be ended or stopped.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it runs on; those of [`Kept::new`].
    pub(crate) fn kept(&self) -> Result<Kept> {
        Kept::new(self.id, self.live.as_ref().ok_or(EINVAL)?)
    }

    /// Writes the image.
    ///
    /// # Errors
    ///
    /// Those of write(2) on the file; `EBUSY` when the tree ran although its pages were still to be
    /// read. The image then ends with an ERROR record, if that can still be written.
    pub(crate) fn write(&self, file: &File, log: &Log) -> Result {
        let still = || {
            self.live
                .as_ref()
                .map_or(Ok(()), |tree| tree.check_unchanged(log))
        };
        self.capture
            .write(file, &self.tail, still)
            .inspect_err(|error| {
                if !log.has_failure() {
                    refuse!(log, *error, None, "the image cannot be written");
                }
                let _ = capture::write_error(file, log.take_failure());
            })
    }
}

/// Refuses flags that have no meaning, and those whose meaning is not supported.
pub(crate) fn check_flags(flags: u32, log: &Arc<Log>) -> Result {
    if flags & bindings::CHECKPOINT_NETNS != 0 {
        return Err(refuse!(
            log,
            errno::eopnotsupp(),
            None,
            "CHECKPOINT_NETNS: network namespaces are not supported"
        ));
    }
    let known = bindings::CHECKPOINT_SUBTREE
        | bindings::CHECKPOINT_CONTINUED
        | bindings::CHECKPOINT_OTHER_LABEL
        | bindings::CHECKPOINT_OTHER_KEYRING
        | bindings::CHECKPOINT_RESTARTABLE
        | bindings::CHECKPOINT_PIDFD
        | bindings::CHECKPOINT_KEEP
        | bindings::CHECKPOINT_CHECK;
    if flags & !known != 0 {
        return Err(refuse!(log, EINVAL, None, "unknown flags {:#x}", flags));
    }
    Ok(())
}
