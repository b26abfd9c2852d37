// SPDX-License-Identifier: GPL-2.0-only
//
// How low a task may set its oom_score_adj without a privilege stays: as low as root has set it.
#include "caps.h"

static int set(const char *text)
{
	int fd = SYS(open("/proc/self/oom_score_adj", O_WRONLY)), error = 0;

	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	SYS(close(fd));
	return error;
}

int main(void)
{
	CHECK_EQ(set("321"), 0);
	ckpt_ready();
	drop_capability(CAP_SYS_RESOURCE);
	CHECK_EQ(set("320"), EACCES);
	CHECK_EQ(set("700"), 0);
	CHECK_EQ(set("321"), 0);
	return ckpt_pass();
}
