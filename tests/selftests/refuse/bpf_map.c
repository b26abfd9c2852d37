// SPDX-License-Identifier: GPL-2.0-only
//
// A BPF map is refused.
//
// EXPECT: refused EOPNOTSUPP "bpf" "fd 3"
#include "../ckpt_test.h"
#include <linux/bpf.h>

int main(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };
	int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		ckpt_skip("no BPF here");
	ckpt_ready();
	CHECK(fcntl(fd, F_GETFD) >= 0);
	return ckpt_pass();
}
