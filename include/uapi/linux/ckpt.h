/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ABI of /dev/ckpt: checkpoint and restart of trees of processes.
 *
 * The two verbs are the checkpoint() and restart() system calls of the
 * Linux-CR patches, offered as ioctls.  Every argument structure starts with
 * its own size and grows at the end, as clone3(2) and openat2(2) do: the
 * kernel takes a larger structure when the fields that it does not know are zero
 * (else E2BIG), and treats fields that a smaller one lacks as zero.  Flag bits
 * without a meaning are refused with EINVAL.
 *
 * The ioctls and their errors are described in Documentation/api.md, the image
 * in Documentation/image-format.md.
 */
#ifndef _UAPI_LINUX_CKPT_H
#define _UAPI_LINUX_CKPT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CKPT_DEVICE		"/dev/ckpt"

/* ABI revision, reported by CKPT_IOC_INFO; changes when a meaning changes. */
#define CKPT_ABI_VERSION	2

/* No descriptor: no log, no cgroup, no output. */
#define CKPT_FD_NONE		(-1)

/* Limits that both sides know. */
#define CKPT_MAX_INHERIT	64		/* entries in an inherit table */
#define CKPT_MAX_PIDS		4194304		/* entries in a pid map: the kernel's own limit on pids */
#define CKPT_MAX_HEAD		(128u << 20)	/* bytes of image handed over in ckpt_restart.head */

/**
 * struct ckpt_inherit - a descriptor that is not part of the image
 * @image_fd: the descriptor's number in the checkpointed processes
 * @fd: restart: the caller's descriptor which takes its place;
 *	checkpoint: must be 0
 *
 * At checkpoint such a descriptor is recorded as external: it is not examined,
 * and the image can be restarted only if the same number is given again.  At
 * restart every external descriptor needs an entry; an entry for any other
 * descriptor replaces what the image holds for it.
 */
struct ckpt_inherit {
	__s32 image_fd;
	__s32 fd;
};

/*
 * At restart: in the place of @image_fd, the terminal that takes the place of the one whose master
 * was outside of the tree.  If that one controlled a session of the image, the new one does, and
 * must not control another session.
 */
#define CKPT_INHERIT_TERMINAL	(-1)

/**
 * struct ckpt_pid_map - which live task stands for which saved one
 * @image_pid: the pid in the image, a number in the pid namespace of its root
 * @pid: the pid in the caller's pid namespace; 0: not known to the caller. The
 *	kernel fills it in when the task has arrived
 */
struct ckpt_pid_map {
	__s32 image_pid;
	__s32 pid;
};

/* ckpt_error.reason: causes that a program can act on. */
#define CKPT_REASON_NONE	0	/* only errno and log tell */
#define CKPT_REASON_NOT_FROZEN	1	/* a task does not stand still */
#define CKPT_REASON_IN_CALL	2	/* a task is in the middle of a system call, such as vfork(2) */
#define CKPT_REASON_TRACED	3	/* a task is traced or traces (ptrace) */
#define CKPT_REASON_BUSY	4	/* another caller saves or has frozen it */
#define CKPT_REASON_RAN		5	/* a task ran, came, went or is exiting */
#define CKPT_REASON_OUTSIDE	6	/* a process outside of the tree has it, too */
#define CKPT_REASON_EXTERNAL	7	/* a descriptor that has to be left out, or given */
#define CKPT_REASON_SOCKET	8	/* a socket */
#define CKPT_REASON_NOT_OPEN	9	/* a descriptor that is to be left out is not there */
#define CKPT_REASON_NAMESPACE	10	/* another namespace than the caller's */
#define CKPT_REASON_LABEL	11	/* a security label (CHECKPOINT_OTHER_LABEL) */
#define CKPT_REASON_KEYRING	12	/* a session keyring (CHECKPOINT_OTHER_KEYRING) */
#define CKPT_REASON_CREDENTIALS	13	/* credentials that the caller may not have */
#define CKPT_REASON_UNREADABLE	14	/* the contents of a file may not be read */
#define CKPT_REASON_CONTAINER	15	/* not the init of a container (CHECKPOINT_SUBTREE) */
#define CKPT_REASON_SESSION	16	/* the terminal controls another session */
#define CKPT_REASON_CLOCKS	17	/* a clock would go back (RESTART_CLOCKS_BACK) */
#define CKPT_REASON_CHANGED	18	/* a file has changed (RESTART_CHANGED_FILES) */
#define CKPT_REASON_CHANGED_MAPPED 19	/* one that is mapped privately, or executed */

/* ckpt_error.objects: which of the fields that name the object at fault are set. */
#define CKPT_OBJECT_TASK	(1u << 0)	/* @pid */
#define CKPT_OBJECT_FD		(1u << 1)	/* @fd */
#define CKPT_OBJECT_ADDRESS	(1u << 2)	/* @address */

/**
 * struct ckpt_error - why an operation has failed, for programs
 * @size: sizeof(struct ckpt_error), set by the caller
 * @error: errno of the first failure, of which later ones are consequences; 0:
 *	only the errno of the call is known
 * @reason: CKPT_REASON_*
 * @objects: CKPT_OBJECT_*
 * @pid: task, in the caller's pid namespace
 * @fd: descriptor of that task
 * @address: where a mapping of that task begins
 *
 * Written when CKPT_IOC_CHECKPOINT, CKPT_IOC_CAPTURE, CKPT_IOC_FREEZE,
 * CKPT_IOC_SIGNAL or CKPT_IOC_RESTART fails.  The log tells more, but only for
 * people to read: it holds names and paths that the tasks have chosen.
 */
struct ckpt_error {
	__u32 size;
	__s32 error;
	__u32 reason;
	__u32 objects;
	__s32 pid;
	__s32 fd;
	__aligned_u64 address;
};

/* ckpt_checkpoint.flags; bits 0 and 1 are those of Linux-CR. */
#define CHECKPOINT_SUBTREE	(1u << 0)	/* the root need not be the init of a container */
#define CHECKPOINT_NETNS	(1u << 1)	/* reserved: refused with EOPNOTSUPP */
#define CHECKPOINT_CONTINUED	(1u << 2)	/* stopped tasks are saved as if they had been continued */
#define CHECKPOINT_OTHER_LABEL	(1u << 3)	/* the copies may run with another security label */
#define CHECKPOINT_OTHER_KEYRING (1u << 4)	/* the copies may have another session keyring */
#define CHECKPOINT_RESTARTABLE	(1u << 5)	/* refuse what the caller could not restart */
#define CHECKPOINT_PIDFD	(1u << 6)	/* @pidfd names the root, too */
#define CHECKPOINT_KEEP		(1u << 7)	/* CKPT_IOC_SIGNAL may end or stop the saved tasks */
#define CHECKPOINT_CHECK	(1u << 8)	/* save nothing; tell all that cannot be saved */

/**
 * struct ckpt_checkpoint - argument of CKPT_IOC_CHECKPOINT and CKPT_IOC_CAPTURE
 * @size: sizeof(struct ckpt_checkpoint)
 * @flags: CHECKPOINT_*
 * @pid: root of the tree, in the caller's pid namespace: this process with all
 *	of its threads and all of its descendants is saved; 0 is the caller
 * @fd: where the image is written; CKPT_IOC_CAPTURE and CHECKPOINT_CHECK want
 *	CKPT_FD_NONE
 * @logfd: where messages are written, or CKPT_FD_NONE
 * @nr_inherit: number of entries at @inherit
 * @inherit: address of an array of struct ckpt_inherit
 * @pidfd: with CHECKPOINT_PIDFD a pidfd of the process that @pid names (ESRCH
 *	when it is of another process); without the flag 0
 * @reserved: must be 0
 * @error: address of a struct ckpt_error, or 0
 *
 * Returns an id greater than 0; ids ascend until the numbers begin again.  Returns
 * 0 in the restarted copy of a caller that saved itself.
 */
struct ckpt_checkpoint {
	__u32 size;
	__u32 flags;
	__s32 pid;
	__s32 fd;
	__s32 logfd;
	__u32 nr_inherit;
	__aligned_u64 inherit;
	__s32 pidfd;
	__u32 reserved;
	__aligned_u64 error;
};

/**
 * struct ckpt_freeze - argument of CKPT_IOC_FREEZE
 * @size: sizeof(struct ckpt_freeze)
 * @flags: must be 0
 * @pidfd: a pidfd of the root of the tree
 * @logfd: where messages are written, or CKPT_FD_NONE
 * @cgroup_fd: a descriptor open for writing on the cgroup.freeze file of a
 *	cgroup that is to be frozen and let go together with the tree, or
 *	CKPT_FD_NONE
 * @timeout: how long the tree may take to stand still, in milliseconds; 0: as
 *	long as it takes
 * @error: address of a struct ckpt_error, or 0
 *
 * All tasks of the tree stand still until the last descriptor of the open device
 * is closed, by the caller or at its end.  They stay in their cgroups.
 *
 * Returns how many processes there are.
 */
struct ckpt_freeze {
	__u32 size;
	__u32 flags;
	__s32 pidfd;
	__s32 logfd;
	__s32 cgroup_fd;
	__u32 timeout;
	__aligned_u64 error;
};

/**
 * struct ckpt_write - argument of CKPT_IOC_WRITE
 * @size: sizeof(struct ckpt_write)
 * @flags: must be 0
 * @id: a capture made through the same open file; it is released, whether or
 *	not the write succeeds
 * @fd: where the image is written, or CKPT_FD_NONE to release the capture only
 * @logfd: where messages are written, or CKPT_FD_NONE
 * @reserved: must be 0
 */
struct ckpt_write {
	__u32 size;
	__u32 flags;
	__s32 id;
	__s32 fd;
	__s32 logfd;
	__u32 reserved;
};

/**
 * struct ckpt_signal - argument of CKPT_IOC_SIGNAL
 * @size: sizeof(struct ckpt_signal)
 * @flags: must be 0
 * @id: id of the last checkpoint with CHECKPOINT_KEEP through the same open file
 * @signal: SIGKILL or SIGSTOP
 * @logfd: where messages are written, or CKPT_FD_NONE
 * @timeout: SIGKILL: how long the tasks may take to exit, in milliseconds; 0: as
 *	long as it takes
 * @reap: SIGKILL: how long the call then waits until all processes but the root
 *	have been reaped, in milliseconds
 * @reserved: must be 0
 * @error: address of a struct ckpt_error, or 0
 *
 * Sends the signal to all tasks that were saved, unless one of them has run since
 * (EBUSY).  ESRCH: one of them had died before.
 */
struct ckpt_signal {
	__u32 size;
	__u32 flags;
	__s32 id;
	__s32 signal;
	__s32 logfd;
	__u32 timeout;
	__u32 reap;
	__u32 reserved;
	__aligned_u64 error;
};

/* ckpt_restart.flags, those of Linux-CR. */
#define RESTART_TASKSELF	(1u << 0)	/* restore the single saved task onto the caller */
#define RESTART_FROZEN		(1u << 1)	/* leave the tree frozen, through @cgroup_fd */
#define RESTART_GHOST		(1u << 2)	/* with pid 0: the caller only holds a pid, and exits */
#define RESTART_KEEP_LSM	(1u << 3)	/* reserved: refused with EOPNOTSUPP */
#define RESTART_CONN_RESET	(1u << 4)	/* reserved: refused with EOPNOTSUPP */
#define RESTART_CHANGED_FILES	(1u << 5)	/* files may have changed since the checkpoint */
#define RESTART_CLOCKS_BACK	(1u << 6)	/* clocks may be behind those of the checkpoint */
#define RESTART_INHERIT_ALL	(1u << 7)	/* each entry of @inherit is for a descriptor of the image */

/**
 * struct ckpt_restart - argument of CKPT_IOC_RESTART
 * @size: sizeof(struct ckpt_restart)
 * @flags: RESTART_*
 * @pid: the root of the restarted tree, a task that the caller may attach to; the
 *	caller is the coordinator.  0: the caller is one of the tasks to be
 *	restored, in the restart that is coordinated through the same open file
 * @fd: where the image is read (coordinator and RESTART_TASKSELF only)
 * @logfd: where messages are written, or CKPT_FD_NONE
 * @cgroup_fd: with RESTART_FROZEN a descriptor open for writing on the
 *	cgroup.freeze file of the cgroup that holds the tree, else CKPT_FD_NONE
 * @head: address of the beginning of the image that the caller has already read;
 *	@fd continues behind it, wherever it ends
 * @head_len: bytes at @head
 * @inherit: address of an array of struct ckpt_inherit
 * @pids: address of an array of struct ckpt_pid_map; a pid that is not in it
 *	stands for itself
 * @nr_inherit: number of entries at @inherit
 * @nr_pids: number of entries at @pids
 * @image_pid: with @pid 0, the pid in the image that the caller stands for; 0:
 *	the coordinator knows, by @pids
 * @reserved: must be 0
 * @error: address of a struct ckpt_error, or 0
 *
 * User space makes a task for each task and ghost of the image, in the shape of
 * its tree.  All of them and the coordinator call through one open file (the
 * open file description, as fork(2) hands it on), in any order.
 *
 * Returns 0 to a coordinator when all tasks have left.  To a restored task the
 * call does not return: it continues in its saved context; a dead task or a ghost
 * ends.  When the restart fails, all of them are killed.  A task with @image_pid
 * gets EAGAIN when the restart that it came for has failed already.
 */
struct ckpt_restart {
	__u32 size;
	__u32 flags;
	__s32 pid;
	__s32 fd;
	__s32 logfd;
	__s32 cgroup_fd;
	__aligned_u64 head;
	__aligned_u64 head_len;
	__aligned_u64 inherit;
	__aligned_u64 pids;
	__u32 nr_inherit;
	__u32 nr_pids;
	__s32 image_pid;
	__u32 reserved;
	__aligned_u64 error;
};

/* ckpt_info.features: what this kernel, this CPU and this build can do. */
#define CKPT_FEATURE_CAPTURE	(1ull << 0)	/* CKPT_IOC_CAPTURE and CKPT_IOC_WRITE */
#define CKPT_FEATURE_FROZEN	(1ull << 1)	/* RESTART_FROZEN */
#define CKPT_FEATURE_MSEAL	(1ull << 2)	/* sealed mappings are sealed again */
#define CKPT_FEATURE_FREEZE	(1ull << 3)	/* CKPT_IOC_FREEZE, CHECKPOINT_PIDFD */
#define CKPT_FEATURE_SIGNAL	(1ull << 4)	/* CKPT_IOC_SIGNAL, CHECKPOINT_KEEP */

/**
 * struct ckpt_info - result of CKPT_IOC_INFO
 * @size: sizeof(struct ckpt_info), set by the caller
 * @abi: CKPT_ABI_VERSION
 * @format: revision of the image format that is written and read
 * @unpriv_allowed: the value of the sysctl kernel.ckpt_unpriv_allowed
 * @features: CKPT_FEATURE_*
 * @image_incompat: incompatible image features that are understood
 * @image_compat: compatible image features that are understood
 * @max_tasks: most tasks in one image
 * @nr_symbols: unexported kernel symbols in use
 * @release: release of the kernel that the module was built for
 */
struct ckpt_info {
	__u32 size;
	__u32 abi;
	__u32 format;
	__u32 unpriv_allowed;
	__aligned_u64 features;
	__aligned_u64 image_incompat;
	__aligned_u64 image_compat;
	__u32 max_tasks;
	__u32 nr_symbols;
	char release[64];
};

#define CKPT_IOC_MAGIC		0xCB
#define CKPT_IOC_INFO		_IO(CKPT_IOC_MAGIC, 0)
#define CKPT_IOC_CHECKPOINT	_IO(CKPT_IOC_MAGIC, 1)
#define CKPT_IOC_RESTART	_IO(CKPT_IOC_MAGIC, 2)
#define CKPT_IOC_CAPTURE	_IO(CKPT_IOC_MAGIC, 3)
#define CKPT_IOC_WRITE		_IO(CKPT_IOC_MAGIC, 4)
#define CKPT_IOC_FREEZE		_IO(CKPT_IOC_MAGIC, 5)
#define CKPT_IOC_SIGNAL		_IO(CKPT_IOC_MAGIC, 6)

#endif /* _UAPI_LINUX_CKPT_H */
