// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_MDWE of the task that is restored onto stays in force: it is not given up,
// children get it as before, and no memory that was written becomes executable.
//
// MODES: plain
#include "api.h"
#include <sys/mman.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

#define REFUSED 1u
#define NO_INHERIT 2u

static void nothing(void)
{
}

static void writable(void)
{
	*(char *)ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS) = 1;
}

static void written(void)
{
	char *at = ckpt_anon(CKPT_PAGE);

	*at = 1;
	SYS(mprotect(at, CKPT_PAGE, PROT_READ | PROT_EXEC));
}

/* A page of a file that was changed for this process alone. */
static void patched(void)
{
	int fd = SYS(open("code", O_RDWR | O_CREAT | O_CLOEXEC, 0700));
	char *at;

	SYS(ftruncate(fd, CKPT_PAGE));
	at = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(at != MAP_FAILED);
	*at = 1;
	SYS(mprotect(at, CKPT_PAGE, PROT_READ | PROT_EXEC));
	SYS(close(fd));
}

static const struct row {
	/* What the task has that is restored onto, and what was saved. */
	unsigned int caller, saved;
	void (*set_up)(void);
	int error;
} rows[] = {
	{ REFUSED, 0, nothing, EPERM },
	{ REFUSED, REFUSED | NO_INHERIT, nothing, EPERM },
	{ REFUSED | NO_INHERIT, 0, nothing, EPERM },
	{ REFUSED, REFUSED, nothing, 0 },
	{ REFUSED | NO_INHERIT, REFUSED | NO_INHERIT, nothing, 0 },
	{ REFUSED | NO_INHERIT, REFUSED, nothing, 0 },
	{ REFUSED, REFUSED, writable, EACCES },
	{ REFUSED, REFUSED, written, EACCES },
	{ REFUSED, REFUSED, patched, EACCES },
	{ 0, REFUSED | NO_INHERIT, nothing, 0 },
	{ 0, REFUSED, writable, 0 },
	{ 0, REFUSED, patched, 0 },
};

static const struct row *row;

static void target(void)
{
	row->set_up();
	if (row->saved)
		SYS(prctl(PR_SET_MDWE, row->saved, 0, 0, 0));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(prctl(PR_GET_MDWE, 0, 0, 0, 0) == (int)row->saved ? TARGET_EXIT : 1);
}

static void try(const struct row *wanted)
{
	int image, error;
	pid_t child;

	row = wanted;
	image = image_of_target("image", target);
	child = SYS(fork());
	if (child == 0) {
		if (row->caller)
			SYS(prctl(PR_SET_MDWE, row->caller, 0, 0, 0));
		child_restarts();
	}
	error = ckpt_restart_flags(child, image, CKPT_FD_NONE, 0) < 0 ? errno : 0;
	if (error != row->error)
		ckpt_fail("row %d: error %d, not %d", (int)(row - rows), error, row->error);
	if (error) {
		kill(child, SIGKILL);
		SYS(waitpid(child, NULL, 0));
	} else {
		ckpt_write_file("target-go", "", 0);
		CHECK_EQ(exit_status(child), TARGET_EXIT);
		SYS(unlink("target-go"));
	}
	SYS(close(image));
}

int main(void)
{
	unsigned int i;

	device();
	if (prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0)
		ckpt_skip("no PR_SET_MDWE here");
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try(&rows[i]);
	return ckpt_pass();
}
