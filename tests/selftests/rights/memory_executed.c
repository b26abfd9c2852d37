// SPDX-License-Identifier: GPL-2.0-only
//
// A descriptor of shared anonymous memory, which no system call gives and which can be executed, is not
// restored for an ordinary user: EPERM with the reason.
//
// MODES: plain
#include "rights.h"

static void has_memory(void)
{
	char path[128];
	char *memory = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED);
	*memory = 1;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)memory, (long)memory + CKPT_PAGE);
	SYS(open(path, O_RDONLY));
	become(NOBODY);
	target_waits();
}

int main(void)
{
	static char said[4096];
	int image, log, status;
	pid_t user;

	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	image = image_of_target("image", has_memory);
	log = new_file("log");
	user = SYS(fork());
	if (user == 0) {
		pid_t pid;

		device();
		become(NOBODY);
		ckpt_at_fail = NULL;
		pid = SYS(fork());
		if (pid == 0)
			child_restarts();
		CHECK_ERRNO(ckpt_restart_flags(pid, image, log, 0), EPERM);
		SYS(waitpid(pid, &status, 0));
		CHECK(WIFSIGNALED(status));
		_exit(0);
	}
	status = exit_status(user);
	everybody_is_disallowed();
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "is shared memory: that takes CAP_CHECKPOINT_RESTORE"))
		ckpt_fail("it says: %s", said);
	CHECK_EQ(status, 0);
	return ckpt_pass();
}
