// SPDX-License-Identifier: GPL-2.0-only
//
// A perf event is refused.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "perf"
#include "../ckpt_test.h"
#include <linux/perf_event.h>

int main(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK };
	uint64_t value;
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		ckpt_skip("no perf events here");
	ckpt_ready();
	CHECK_EQ(read(fd, &value, sizeof(value)), (ssize_t)sizeof(value));
	return ckpt_pass();
}
