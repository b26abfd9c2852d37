// SPDX-License-Identifier: GPL-2.0-only
//
// A task whose memory cannot be given up, because it is sealed or under
// PR_SET_MDWE, cannot be restored onto: EPERM.
//
// MODES: plain
#include "api.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static int image;

static void seals(void)
{
	syscall(SYS_mseal, ckpt_anon(CKPT_PAGE), CKPT_PAGE, 0);
}

static void refuses_exec_gain(void)
{
	prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0);
}

static void refused(void (*set_up)(void))
{
	pid_t child = SYS(fork());

	if (child == 0) {
		set_up();
		ckpt_restart_flags(0, CKPT_FD_NONE, CKPT_FD_NONE, 0);
		_exit(0);
	}
	SYS(lseek(image, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(child, image, CKPT_FD_NONE, 0), EPERM);
	kill(child, SIGKILL);
	SYS(waitpid(child, NULL, 0));
}

int main(void)
{
	if (syscall(SYS_mseal, ckpt_anon(CKPT_PAGE), CKPT_PAGE, 0) != 0)
		ckpt_skip("no mseal here");
	image = image_of_target("image", NULL);
	refused(seals);
	refused(refuses_exec_gain);
	return ckpt_pass();
}
