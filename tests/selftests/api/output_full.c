// SPDX-License-Identifier: GPL-2.0-only
//
// A full file system gives ENOSPC, a file size limit EFBIG; the process is unharmed.
//
// MODES: plain
#include "api.h"
#include <sys/mount.h>
#include <sys/resource.h>

/* A file on a file system of 64 KiB. */
static int file_on_a_small_disk(void)
{
	SYS(mkdir("small", 0755));
	if (mount("tmpfs", "small", "tmpfs", 0, "size=64k") != 0)
		ckpt_skip("a small file system cannot be mounted");
	return new_file("small/image");
}

int main(void)
{
	struct target target = target_frozen(NULL);
	struct rlimit limit = { .rlim_cur = 20000, .rlim_max = RLIM_INFINITY };
	int fd = file_on_a_small_disk();

	CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), ENOSPC);
	SYS(close(fd));
	SYS(umount("small"));
	signal(SIGXFSZ, SIG_IGN);
	SYS(setrlimit(RLIMIT_FSIZE, &limit));
	fd = new_file("image");
	CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), EFBIG);
	CHECK(lseek(fd, 0, SEEK_END) <= 20000);
	target_ends_well(&target);
	return ckpt_pass();
}
