// SPDX-License-Identifier: GPL-2.0-only
//
// A mapping of huge pages (MAP_HUGETLB) is refused.
//
// EXPECT: refused EOPNOTSUPP "hugetlb|huge"
#include "../ckpt_test.h"

int main(void)
{
	unsigned char *map;
	char old[32];
	bool raised;

	ckpt_read_file("/proc/sys/vm/nr_hugepages", old, sizeof(old));
	raised = atoi(old) == 0;
	if (raised)
		ckpt_write_file("/proc/sys/vm/nr_hugepages", "2", 1);
	map = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (map == MAP_FAILED)
		ckpt_skip("no huge page is to be had");
	map[12345] = 5;
	ckpt_ready();
	CHECK_EQ(map[12345], 5);
	SYS(munmap(map, 2 << 20));
	if (raised)
		ckpt_write_file("/proc/sys/vm/nr_hugepages", "0", 1);
	return ckpt_pass();
}
