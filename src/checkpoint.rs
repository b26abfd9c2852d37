// SPDX-License-Identifier: GPL-2.0-only

//! The order in which a tree is saved.
//!
//! Everything is captured in kernel memory before the first byte is written, so that whatever cannot
//! be saved is refused without a trace. What the sections of a task are made of is told in
//! [`crate::parts`].

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    record::{
        container_flag,
        Container,
        Header,
        HeaderArch,
        Tail,
        Tree as TreeRecord, //
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
    log::{
        refuse,
        Log, //
    },
    objhash::ObjHash,
    parts,
    sys::{
        self,
        bindings,
        errno,
        file::File,
        task::Task, //
    },
    tree::{
        self,
        Tree, //
    },
};

/// What the caller wants saved.
pub(crate) struct Request {
    /// Root of the tree in the caller's pid namespace; 0 is the caller.
    pub(crate) pid: i32,
    /// CHECKPOINT_* flags.
    pub(crate) flags: u32,
    /// Descriptors that are not part of the image.
    pub(crate) inherit: KVVec<i32>,
    /// Page contents are copied, so that the tree may run on before the image is written.
    pub(crate) copy_pages: bool,
    /// The open device that the call came through.
    pub(crate) device: File,
    /// The id that the call returns.
    pub(crate) id: i32,
}

/// What the parts of a task's section work with.
pub(crate) struct Context<'a> {
    /// What the caller wants.
    pub(crate) request: &'a Request,
    /// Where reasons go.
    pub(crate) log: &'a Log,
    /// What is in the image already.
    pub(crate) objects: ObjHash,
    /// The image.
    pub(crate) out: Writer<Capture>,
    /// The root saves itself.
    pub(crate) is_self: bool,
}

/// A tree that has been captured and not yet written.
pub(crate) struct Captured {
    /// The checkpoint's id.
    pub(crate) id: i32,
    capture: Capture,
    /// The tree, when page contents are still to be read from it: it has to stand still until then.
    live: Option<Tree>,
    bytes: u64,
}

/// Finds the root of a checkpoint.
pub(crate) fn find_root(request: &Request, log: &Log) -> Result<Task> {
    let root = match request.pid {
        0 => Task::current(),
        pid if pid < 0 => return Err(refuse!(log, EINVAL, None, "{} is no pid", pid)),
        pid => Task::find(pid)
            .ok_or_else(|| refuse!(log, ESRCH, None, "there is no process {}", pid))?,
    };
    if request.flags & bindings::CHECKPOINT_SUBTREE == 0 && !root.is_container_init() {
        return Err(refuse!(
            log,
            EINVAL,
            Some(&root),
            "not the init of a container: CHECKPOINT_SUBTREE is needed to save a subtree"
        ));
    }
    Ok(root)
}

/// Captures the tree below `root`.
///
/// # Errors
///
/// Those of [`Tree::collect`] and of every part; the log names the object at fault.
pub(crate) fn capture(root: &Task, request: &Request, log: &Log) -> Result<Captured> {
    let tree = Tree::collect(root, log)?;
    for task in tree.tasks() {
        crate::task::supported::check(task, log)?;
    }
    let mut context = Context {
        request,
        log,
        objects: ObjHash::new(),
        out: Writer::new(Capture::new()),
        is_self: root.is_current(),
    };
    context.head(&tree)?;
    for task in tree.tasks() {
        for part in parts::ALL {
            (part.checkpoint)(&mut context, task).inspect_err(|error| {
                if !log.has_failure() {
                    refuse!(log, *error, Some(task), "{} cannot be saved", part.name);
                }
            })?;
        }
    }
    context.tail()?;
    tree.check_unchanged(log)?;
    Ok(Captured {
        id: request.id,
        bytes: context.out.position(),
        capture: context.out.into_sink(),
        live: (!request.copy_pages).then_some(tree),
    })
}

impl Context<'_> {
    /// HEADER, HEADER_ARCH, CONTAINER, TREE.
    fn head(&mut self, tree: &Tree) -> Result {
        self.out.record(&Header {
            magic: ckpt_image::HEADER_MAGIC,
            format: ckpt_image::FORMAT,
            arch: ckpt_image::ARCH_X86_64,
            incompat: 0,
            compat: 0,
            realtime: sys::time::now(sys::time::REALTIME),
            monotonic: sys::time::now(sys::time::MONOTONIC),
            kernel: sys::KERNEL_VERSION,
            id: self.request.id as u32,
            page_size: ckpt_image::PAGE_SIZE as u32,
            nr_signals: ckpt_image::limits::SIGNALS,
            nr_rlimits: ckpt_image::limits::RLIMITS,
            comm_len: ckpt_image::limits::COMM + 1,
            flags: self.request.flags,
            reserved: 0,
        })?;
        for text in sys::uts() {
            self.out.string(text.as_bytes())?;
        }
        self.head_arch(tree)?;
        let mut flags = 0;
        if self.request.flags & bindings::CHECKPOINT_SUBTREE != 0 {
            flags |= container_flag::SUBTREE;
        }
        if self.is_self {
            flags |= container_flag::SELF;
        }
        self.out.record(&Container {
            flags,
            root: 0,
            reserved: 0,
        })?;
        self.out.record(&TreeRecord {
            nr_tasks: tree.len() as u32,
            reserved: 0,
            reserved2: 0,
        })?;
        let mut entries = KVVec::new();
        for task in tree.tasks() {
            entries.push(tree::entry(task), GFP_KERNEL_ACCOUNT)?;
        }
        self.out.buffer(entries.as_slice().as_bytes())
    }

    fn head_arch(&mut self, tree: &Tree) -> Result {
        let mut xfeatures = 0;
        for task in tree.tasks() {
            xfeatures |= arch::fpu::get(task)?.0.xfeatures;
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
            components.push(arch::fpu::component(id), GFP_KERNEL)?;
        }
        self.out.buffer(components.as_slice().as_bytes())
    }

    fn tail(&mut self) -> Result {
        let tail = Tail {
            magic: ckpt_image::TAIL_MAGIC,
            bytes: self.out.position(),
            records: self.out.records(),
            pages: self.out.pages(),
            checksum: self.out.sink().checksum(),
            reserved: 0,
        };
        self.out.record(&tail)
    }
}

impl Captured {
    /// Bytes that writing it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the image.
    ///
    /// # Errors
    ///
    /// Those of write(2) on the file; `EBUSY` when the tree ran although its pages were still to be
    /// read. The image then ends with an ERROR record, if that can still be written.
    pub(crate) fn write(&self, file: &File, log: &Log) -> Result {
        const TAIL: usize = ckpt_image::HDR_SIZE + size_of::<Tail>();
        let still = || {
            self.live
                .as_ref()
                .map_or(Ok(()), |tree| tree.check_unchanged(log))
        };
        self.capture
            .write(file, TAIL as u64, still)
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
    if flags & !bindings::CHECKPOINT_SUBTREE != 0 {
        return Err(refuse!(log, EINVAL, None, "unknown flags {:#x}", flags));
    }
    Ok(())
}
