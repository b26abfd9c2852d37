// SPDX-License-Identifier: GPL-2.0-only
//
// An eventfd keeps its counter and its flags, and stays one for two descriptors.
#include "../ckpt_test.h"
#include <sys/eventfd.h>

int main(void)
{
	int counter = SYS(eventfd(7, EFD_CLOEXEC)), twin = SYS(dup(counter));
	int semaphore = SYS(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
	int large = SYS(eventfd(0, 0));
	eventfd_t value;

	SYS(eventfd_write(large, 0xfffffffffffffffdull));
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(counter, F_GETFD)), FD_CLOEXEC);
	SYS(eventfd_write(twin, 1));
	SYS(eventfd_read(counter, &value));
	CHECK_EQ(value, 8);
	SYS(eventfd_read(semaphore, &value));
	CHECK_EQ(value, 1);
	SYS(eventfd_read(semaphore, &value));
	CHECK_ERRNO(eventfd_read(semaphore, &value), EAGAIN);
	SYS(eventfd_read(large, &value));
	CHECK_EQ(value, 0xfffffffffffffffdull);
	return ckpt_pass();
}
