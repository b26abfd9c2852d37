// SPDX-License-Identifier: GPL-2.0-only
//
// Why a call has failed is told to programs by a number and the object at fault, whatever the names are
// that the log shows; a place for it that cannot be written changes nothing.
// MODES: plain
#include "freeze.h"
#include <sys/socket.h>

static struct ckpt_error seen;

/* What a later kernel may tell. */
static struct {
	struct ckpt_error known;
	__u64 unknown;
} later;

static int save_told(pid_t pid, __u64 error)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = pid,
					    .flags = CHECKPOINT_SUBTREE, .fd = CKPT_FD_NONE,
					    .logfd = CKPT_FD_NONE, .error = error };

	memset(&seen, 0xff, sizeof(seen));
	seen.size = sizeof(seen);
	return ioctl(device(), CKPT_IOC_CAPTURE, &argument);
}

static int save_sized(pid_t pid, struct ckpt_error *error, unsigned int size)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = pid,
					    .flags = CHECKPOINT_SUBTREE, .fd = CKPT_FD_NONE,
					    .logfd = CKPT_FD_NONE, .error = (unsigned long)error };

	memset(&later, 0xff, sizeof(later));
	error->size = size;
	return ioctl(device(), CKPT_IOC_CAPTURE, &argument);
}

static int save(pid_t pid)
{
	return save_told(pid, (unsigned long)&seen);
}

/* A socket at 7, and a name that reads like a reason. */
static void has_socket(void)
{
	SYS(prctl(PR_SET_NAME, "not frozen"));
	SYS(dup2(SYS(socket(AF_UNIX, SOCK_STREAM, 0)), 7));
	SYS(close(3));
	target_waits();
}

/* Deleted files, whose names are shown in the log before a socket is met. */
static void has_names(void)
{
	static const char *const names[] = { "system call (vfork", "the task is not frozen",
					     "another checkpoint", "session keyring" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		SYS(open(names[i], O_RDWR | O_CREAT, 0600));
		SYS(link(names[i], "other name"));
		SYS(unlink(names[i]));
		SYS(rename("other name", "moved"));
	}
	target_waits();
}

static void socket_at_fault(void)
{
	struct target target = target_frozen(has_socket);

	CHECK_ERRNO(save(target.pid), EOPNOTSUPP);
	CHECK_EQ(seen.error, EOPNOTSUPP);
	CHECK_EQ(seen.reason, CKPT_REASON_SOCKET);
	CHECK_EQ(seen.objects, CKPT_OBJECT_TASK | CKPT_OBJECT_FD);
	CHECK_EQ(seen.pid, target.pid);
	CHECK_EQ(seen.fd, 7);
	CHECK_EQ(seen.address, 0);

	/* Nowhere, in memory that is not there. */
	CHECK_ERRNO(save_told(target.pid, 0), EOPNOTSUPP);
	CHECK_ERRNO(save_told(target.pid, 4096), EOPNOTSUPP);
	CHECK_ERRNO(save_told(target.pid, ~0ul - 7), EOPNOTSUPP);
	/* Too short a place, and a longer one, of a program that knows of more: there is nothing. */
	CHECK_ERRNO(save_sized(target.pid, &later.known, sizeof(seen) - 8), EOPNOTSUPP);
	CHECK_EQ(later.known.reason, ~0u);
	CHECK_ERRNO(save_sized(target.pid, &later.known, sizeof(later)), EOPNOTSUPP);
	CHECK_EQ(later.known.reason, CKPT_REASON_SOCKET);
	CHECK_EQ(later.known.size, sizeof(seen));
	CHECK_EQ(later.unknown, 0);
	target_end(&target);
}

static void names_mean_nothing(void)
{
	struct target target = target_frozen(has_names);

	CHECK_ERRNO(save(target.pid), EOPNOTSUPP);
	CHECK_EQ(seen.reason, CKPT_REASON_NONE);
	CHECK_EQ(seen.objects, CKPT_OBJECT_TASK | CKPT_OBJECT_FD);
	target_end(&target);
	SYS(unlink("moved"));
}

static void still_running(void)
{
	struct ckpt_freeze freeze = { .size = sizeof(freeze), .logfd = CKPT_FD_NONE,
				      .cgroup_fd = CKPT_FD_NONE, .error = (unsigned long)&seen };
	struct target target = target_start(NULL);
	int fd = own_device(), other = own_device();

	CHECK_ERRNO(save(target.pid), EBUSY);
	CHECK_EQ(seen.reason, CKPT_REASON_NOT_FROZEN);
	CHECK_EQ(seen.objects, CKPT_OBJECT_TASK);
	CHECK_EQ(seen.pid, target.pid);

	freeze.pidfd = pidfd_of(target.pid);
	CHECK_EQ(ioctl(fd, CKPT_IOC_FREEZE, &freeze), 1);
	memset(&seen, 0xff, sizeof(seen));
	seen.size = sizeof(seen);
	CHECK_ERRNO(ioctl(other, CKPT_IOC_FREEZE, &freeze), EBUSY);
	CHECK_EQ(seen.reason, CKPT_REASON_BUSY);
	CHECK_EQ(seen.pid, target.pid);
	SYS(close(fd));
	SYS(close(other));
	SYS(close(freeze.pidfd));
	target_ends_well(&target);
	CHECK_ERRNO(save(4194304), ESRCH);
	CHECK_EQ(seen.reason, CKPT_REASON_NONE);
	CHECK_EQ(seen.error, ESRCH);
	CHECK_EQ(seen.objects, 0);
}

/* Of a restart, too. */
static void not_given(void)
{
	struct ckpt_inherit inherit = { .image_fd = 1 };
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .flags = CHECKPOINT_SUBTREE,
					    .fd = new_file("image"), .logfd = CKPT_FD_NONE,
					    .nr_inherit = 1, .inherit = (unsigned long)&inherit };
	struct ckpt_restart restart = { .size = sizeof(restart), .logfd = CKPT_FD_NONE,
					.cgroup_fd = CKPT_FD_NONE, .error = (unsigned long)&seen };
	struct target target = target_frozen(NULL);
	pid_t child;

	argument.pid = target.pid;
	SYS(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument));
	target_end(&target);
	SYS(lseek(argument.fd, 0, SEEK_SET));
	child = restarting_child();
	restart.pid = child;
	restart.fd = argument.fd;
	memset(&seen, 0xff, sizeof(seen));
	seen.size = sizeof(seen);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &restart), EINVAL);
	CHECK_EQ(seen.reason, CKPT_REASON_EXTERNAL);
	CHECK_EQ(seen.fd, 1);
	SYS(waitpid(child, NULL, 0));
}

int main(void)
{
	socket_at_fault();
	names_mean_nothing();
	still_running();
	not_given();
	return ckpt_pass();
}
