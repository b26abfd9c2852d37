// SPDX-License-Identifier: GPL-2.0-only
//
// A process that is neither leader of a session nor of a group belongs to those
// of the restarter.
#include "../ckpt_test.h"

int main(void)
{
	pid_t session = getsid(0), group = getpgrp();

	CHECK(session != getpid() && group != getpid());
	ckpt_ready();
	/* The runner restarts it from the session that it started it from. */
	CHECK_EQ(getsid(0), session);
	CHECK_EQ(getpgrp(), group);
	return ckpt_pass();
}
