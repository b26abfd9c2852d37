// SPDX-License-Identifier: GPL-2.0-only
//
// flock locks are held: an exclusive one keeps everybody out, a shared one keeps
// out who wants it exclusively; they belong to the open file.
#include "../ckpt_test.h"
#include <sys/file.h>

int main(void)
{
	int exclusive = SYS(open("one", O_RDWR | O_CREAT, 0644));
	int shared = SYS(open("two", O_RDWR | O_CREAT, 0644));
	int copy = SYS(dup(exclusive)), other;

	SYS(flock(exclusive, LOCK_EX));
	SYS(flock(shared, LOCK_SH));
	ckpt_ready();
	other = SYS(open("one", O_RDWR));
	CHECK_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	/* The copy names the same open file, hence the same lock. */
	SYS(flock(copy, LOCK_EX | LOCK_NB));
	SYS(close(other));
	other = SYS(open("two", O_RDWR));
	SYS(flock(other, LOCK_SH | LOCK_NB));
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(flock(shared, LOCK_UN));
	SYS(flock(other, LOCK_EX | LOCK_NB));
	SYS(flock(copy, LOCK_UN));
	SYS(flock(SYS(open("one", O_RDWR)), LOCK_EX | LOCK_NB));
	return ckpt_pass();
}
