// SPDX-License-Identifier: GPL-2.0-only
//
// Memory that somebody outside writes to while it is being saved is in the image as
// it was at one moment or another, with a checksum that agrees with it: the image
// can be restored.
//
// MODES: plain
#include "api.h"

#define SIZE (8l << 20)
#define WHERE ((unsigned char *)0x200000000000ul)
#define ROUNDS 4

static void holds_memory(void)
{
	unsigned char *memory = mmap(WHERE, SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory != WHERE)
		_exit(1);
	memset(memory, 1, SIZE);
	target_waits();
}

/* Writes to its pages, one after the other, for as long as it lives. */
static void writes(pid_t pid)
{
	char path[64];
	unsigned long number = 0;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = SYS(open(path, O_WRONLY));
	for (;;) {
		unsigned long page = number++ % (SIZE / 4096);

		if (pwrite(fd, &number, sizeof(number), (off_t)(WHERE + page * 4096 + 64)) < 0)
			_exit(1);
	}
}

int main(void)
{
	int status;

	for (int round = 0; round < ROUNDS; round++) {
		struct target target = target_frozen(holds_memory);
		int fd = new_file("image");
		pid_t writer, child;

		device();
		writer = SYS(fork());
		if (writer == 0)
			writes(target.pid);
		CHECK(ckpt_checkpoint_flags(target.pid, fd, CKPT_FD_NONE, CHECKPOINT_SUBTREE) > 0);
		SYS(kill(writer, SIGKILL));
		CHECK_EQ(exit_status(writer), 1000 + SIGKILL);
		target_end(&target);

		SYS(lseek(fd, 0, SEEK_SET));
		child = restarting_child();
		SYS(ckpt_restart_flags(child, fd, CKPT_FD_NONE, 0));
		ckpt_write_file("target-go", "", 0);
		SYS(waitpid(child, &status, 0));
		CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, TARGET_EXIT);
		SYS(unlink("target-go"));
		SYS(close(fd));
	}
	return ckpt_pass();
}
