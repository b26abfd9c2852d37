// SPDX-License-Identifier: GPL-2.0-only
//
// Leases stay, for reading and for writing, with the signal that tells when somebody breaks them
// and the number of the descriptor.
#include "owner.h"

static int leased(const char *name, int flags, int kind)
{
	int fd;

	ckpt_write_file(name, name, strlen(name));
	fd = SYS(open(name, flags));
	if (fcntl(fd, F_SETLEASE, kind) != 0)
		ckpt_skip("no leases on this file system");
	SYS(fcntl(fd, F_SETSIG, SIGRTMIN));
	return fd;
}

/* Somebody who wants the file makes the signal come. */
static void breaks(const char *name, int flags, int fd, int left)
{
	CHECK_ERRNO(open(name, flags | O_NONBLOCK), EWOULDBLOCK);
	owner_await_any(SIGRTMIN, fd);
	CHECK_EQ(SYS(fcntl(fd, F_GETLEASE)), left);
	SYS(fcntl(fd, F_SETLEASE, F_UNLCK));
	SYS(close(SYS(open(name, flags | O_NONBLOCK))));
}

int main(void)
{
	int reader, writer;

	owner_block(SIGRTMIN);
	reader = leased("read", O_RDONLY, F_RDLCK);
	writer = leased("written", O_RDWR, F_WRLCK);
	ckpt_ready();
	owner_none(SIGRTMIN);
	CHECK_EQ(SYS(fcntl(reader, F_GETLEASE)), F_RDLCK);
	CHECK_EQ(SYS(fcntl(writer, F_GETLEASE)), F_WRLCK);
	CHECK_EQ(SYS(fcntl(writer, F_GETSIG)), SIGRTMIN);
	owner_check(reader, F_OWNER_PID, getpid());
	breaks("read", O_RDWR, reader, F_UNLCK);
	breaks("written", O_RDONLY, writer, F_RDLCK);
	return ckpt_pass();
}
