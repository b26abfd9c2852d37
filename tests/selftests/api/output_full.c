// SPDX-License-Identifier: GPL-2.0-only
//
// A full device gives ENOSPC, a file size limit EFBIG; the process is unharmed.
//
// MODES: plain
#include "api.h"
#include <sys/resource.h>

int main(void)
{
	struct target target = target_frozen(NULL);
	struct rlimit limit = { .rlim_cur = 20000, .rlim_max = RLIM_INFINITY };
	int fd = SYS(open("/dev/full", O_WRONLY));

	CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), ENOSPC);
	signal(SIGXFSZ, SIG_IGN);
	SYS(setrlimit(RLIMIT_FSIZE, &limit));
	fd = new_file("image");
	CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), EFBIG);
	CHECK(lseek(fd, 0, SEEK_END) <= 20000);
	target_ends_well(&target);
	return ckpt_pass();
}
