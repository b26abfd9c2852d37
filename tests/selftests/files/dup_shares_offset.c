// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors made by dup share one open file: position and status flags of one
// are those of the other; a second open of the same file stays apart.
#include "../ckpt_test.h"

int main(void)
{
	char byte;
	int first, second, apart;

	ckpt_write_file("in", "0123456789", 10);
	first = SYS(open("in", O_RDONLY));
	second = SYS(dup(first));
	apart = SYS(open("in", O_RDONLY));
	SYS(dup2(first, 77));
	SYS(lseek(apart, 8, SEEK_SET));
	ckpt_ready();
	CHECK_EQ(read(first, &byte, 1), 1);
	CHECK_EQ(byte, '0');
	CHECK_EQ(read(second, &byte, 1), 1);
	CHECK_EQ(byte, '1');
	CHECK_EQ(read(77, &byte, 1), 1);
	CHECK_EQ(byte, '2');
	CHECK_EQ(lseek(first, 0, SEEK_CUR), 3);
	CHECK_EQ(lseek(apart, 0, SEEK_CUR), 8);
	SYS(fcntl(second, F_SETFL, O_NONBLOCK));
	CHECK(fcntl(first, F_GETFL) & O_NONBLOCK);
	CHECK(!(fcntl(apart, F_GETFL) & O_NONBLOCK));
	/* kcmp says the same of the kernel's objects. */
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), 0, first, second), 0);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, first, apart) != 0);
	return ckpt_pass();
}
