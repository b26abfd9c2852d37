// SPDX-License-Identifier: GPL-2.0-only
//
// Code and data of a file that was replaced while it was mapped, as libraries are by an upgrade, stay
// those of the old one.
#include "../ckpt_test.h"

/* mov eax, IMM32; ret */
static void write_code(const char *name, uint32_t number)
{
	unsigned char code[2 * 4096] = { 0xb8 };

	memcpy(code + 1, &number, sizeof(number));
	code[5] = 0xc3;
	memset(code + 4096, (int)number, 4096);
	ckpt_write_file(name, code, sizeof(code));
}

int main(void)
{
	int (*code)(void);
	unsigned char *data;
	int fd;

	write_code("library", 17);
	fd = SYS(open("library", O_RDONLY));
	code = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	data = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, CKPT_PAGE);
	CHECK(code != MAP_FAILED && data != MAP_FAILED);
	SYS(close(fd));
	write_code("new", 18);
	SYS(rename("new", "library"));
	ckpt_ready();
	CHECK_EQ(code(), 17);
	CHECK_EQ(data[123], 17);
	data[123] = 1;
	return ckpt_pass();
}
