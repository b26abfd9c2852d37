// SPDX-License-Identifier: GPL-2.0-only
//
// A page of a private file mapping that holds only zeros is not the file's.
#include "../ckpt_test.h"

#define PAGES 8

int main(void)
{
	int fd = SYS(open("data", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	unsigned char page[CKPT_PAGE], *memory;
	int i;

	memset(page, 7, sizeof(page));
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(write(fd, page, sizeof(page)), (ssize_t)sizeof(page));
	memory = mmap(NULL, PAGES * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(memory != MAP_FAILED);
	memset(memory + 2 * CKPT_PAGE, 0, CKPT_PAGE);
	memory[5 * CKPT_PAGE] = 9;
	ckpt_ready();
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(memory[i * CKPT_PAGE], i == 2 ? 0 : i == 5 ? 9 : 7);
	return ckpt_pass();
}
