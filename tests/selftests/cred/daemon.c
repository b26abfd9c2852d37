// SPDX-License-Identifier: GPL-2.0-only
//
// A daemon that has opened its files as root and given its rights away: the files are still open, and
// no more of them than were; what it makes is its own.
#include "cred.h"

static void daemonize(void)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
}

static void is_open(int fd, char wanted)
{
	char byte = 0;

	CHECK_EQ(SYS(pread(fd, &byte, 1, 0)), 1);
	CHECK_EQ(byte, wanted);
}

int main(void)
{
	struct cred_seen seen;
	struct stat stat;
	int log, secret, deleted, version, ends[2];
	char path[64];

	if (getuid() != 0)
		ckpt_skip("needs root");
	/* Where READY is written. */
	SYS(chmod(".", 0777));
	log = SYS(open("log", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600));
	CHECK_EQ(write(log, "a", 1), 1);
	SYS(mkdir("private", 0700));
	secret = SYS(open("private/secret", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(write(secret, "b", 1), 1);
	SYS(fchmod(secret, 0));
	deleted = SYS(open("private/deleted", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(write(deleted, "c", 1), 1);
	SYS(unlink("private/deleted"));
	version = SYS(open("/proc/version", O_RDONLY));
	daemonize();
	SYS(pipe(ends));
	cred_look(&seen);

	ckpt_ready();
	cred_compare(&seen);
	is_open(log, 'a');
	is_open(secret, 'b');
	is_open(deleted, 'c');
	is_open(version, 'L');
	CHECK_EQ(write(log, "d", 1), 1);
	CHECK_ERRNO(open("log", O_RDONLY), EACCES);
	CHECK_ERRNO(open("private/secret", O_RDONLY), EACCES);
	SYS(fstat(deleted, &stat));
	CHECK_EQ(stat.st_uid, 0);
	SYS(fstat(ends[0], &stat));
	CHECK_EQ(stat.st_uid, NOBODY);
	CHECK_EQ(stat.st_gid, NOBODY);
	/* Its own pipe, by name: what a shell does with /dev/stdout. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	SYS(close(SYS(open(path, O_WRONLY))));
	CHECK_ERRNO(setuid(0), EPERM);
	return ckpt_pass();
}
