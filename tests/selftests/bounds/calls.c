// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user who makes calls that fail, over and over in several processes,
// leaves no memory behind and keeps nobody else from a checkpoint.
//
// MODES: plain
#include "bounds.h"

#define PROCESSES 4
#define CALLS 4000

/* All that can be asked of the device without anything to save or to restore. */
static void asks(int fd, int file, pid_t foreign)
{
	struct ckpt_info info = { .size = sizeof(info) };
	struct ckpt_checkpoint save = { .size = sizeof(save), .flags = CHECKPOINT_SUBTREE,
					.pid = foreign, .fd = file, .logfd = CKPT_FD_NONE };
	struct ckpt_write out = { .size = sizeof(out), .fd = file, .logfd = CKPT_FD_NONE,
				  .id = 1 };
	struct ckpt_restart restart = { .size = sizeof(restart), .pid = foreign, .fd = file,
					.logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };

	SYS(ioctl(fd, CKPT_IOC_INFO, &info));
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_CHECKPOINT, &save), EPERM);
	save.fd = CKPT_FD_NONE;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_CAPTURE, &save), EPERM);
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_WRITE, &out), ENOENT);
	CHECK(ioctl(fd, CKPT_IOC_RESTART, &restart) < 0);
}

int main(void)
{
	struct target target = target_frozen(NULL);
	struct memcg group = memcg_make("64M");
	pid_t pids[PROCESSES];
	int i, fd = device(), file = new_file("empty"), image = new_file("image");

	everybody_is_allowed();
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = SYS(fork());
		if (pids[i] == 0) {
			long before = 0, after;
			int call;

			memcg_enter(&group);
			become(NOBODY);
			for (call = 0; call < CALLS; call++) {
				asks(fd, file, target.pid);
				if (call == CALLS / 10)
					before = memcg_number(&group, "memory.current");
			}
			after = memcg_number(&group, "memory.current");
			if (after - before > 8l << 20)
				ckpt_fail("%ld bytes are left behind", after - before);
			_exit(0);
		}
	}
	/* Meanwhile others save the process that he asks for. */
	for (i = 0; i < 20; i++) {
		SYS(lseek(image, 0, SEEK_SET));
		SYS(ckpt_checkpoint(target.pid, image));
	}
	for (i = 0; i < PROCESSES; i++)
		CHECK_EQ(exit_status(pids[i]), 0);
	memcg_remove(&group);
	everybody_is_disallowed();
	target_ends_well(&target);
	return ckpt_pass();
}
