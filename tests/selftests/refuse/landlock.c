// SPDX-License-Identifier: GPL-2.0-only
//
// A Landlock domain is refused; it stays in force.
//
// EXPECT: refused EOPNOTSUPP|EPERM "Landlock|landlock"
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	const uint64_t handled[3] = { 1ull << 3 /* READ_DIR */ };
	int fd = syscall(444, handled, 8ul, 0);

	if (fd < 0)
		ckpt_skip("no Landlock here");
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(syscall(446, fd, 0));
	SYS(close(fd));
	ckpt_ready();
	CHECK_ERRNO(open("/usr", O_RDONLY | O_DIRECTORY), EACCES);
	return ckpt_pass();
}
