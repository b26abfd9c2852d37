// SPDX-License-Identifier: GPL-2.0-only
//
// The log tells an ordinary user no more of a process of somebody else than its number.
// MODES: plain
// LIBS: -lpthread
#include "rights.h"
#include "../api/freeze.h"

#define NAME "a secret name"

static void is_secret(void)
{
	SYS(prctl(PR_SET_NAME, NAME));
	target_waits();
}

/* Tries both, as an ordinary user. */
static void tries(pid_t pid, int fd, int image, int log)
{
	pid_t user = SYS(fork());

	if (user == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		CHECK_ERRNO(ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE), EPERM);
		CHECK_ERRNO(freeze_with(fd, pid, CKPT_FD_NONE, log, 0), EPERM);
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
}

static int lines_with(const char *text, const char *words)
{
	int count = 0;

	for (text = strstr(text, words); text; text = strstr(text + 1, words))
		count++;
	return count;
}

int main(void)
{
	struct target target = target_frozen(is_secret);
	char text[1024], number[32];

	device();
	tries(target.pid, own_device(), new_file("image"), new_file("log"));
	ckpt_read_file("log", text, sizeof(text));
	snprintf(number, sizeof(number), "[pid %d] ", target.pid);
	CHECK_EQ(lines_with(text, number), 2);
	CHECK_EQ(lines_with(text, "no permission to attach"), 2);
	if (strstr(text, NAME))
		ckpt_fail("the name is told: %s", text);
	target_ends_well(&target);
	return ckpt_pass();
}
