// SPDX-License-Identifier: GPL-2.0-only
//
// A child subreaper is one again: orphans come to it.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	int is = 0, status;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	ckpt_ready();
	SYS(prctl(PR_GET_CHILD_SUBREAPER, &is));
	CHECK_EQ(is, 1);
	if (SYS(fork()) == 0) {
		if (fork() == 0) {
			usleep(100000);
			_exit(9);
		}
		_exit(8);
	}
	SYS(wait(&status));
	CHECK_EQ(WEXITSTATUS(status), 8);
	SYS(wait(&status));
	CHECK_EQ(WEXITSTATUS(status), 9);
	return ckpt_pass();
}
