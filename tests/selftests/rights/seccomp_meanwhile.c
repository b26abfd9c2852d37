// SPDX-License-Identifier: GPL-2.0-only
//
// A task that waits to be restored gets a filter from another thread of its process
// (SECCOMP_FILTER_FLAG_TSYNC), which then exits: it may not be restored any more.
//
// MODES: plain
// LIBS: -lpthread
#include "../api/api.h"
#include "../seccomp/filters.h"

static bool waits(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	ckpt_read_file(path, text, sizeof(text));
	return atoi(text) == SYS_ioctl;
}

static void *confines(void *unused)
{
	(void)unused;
	while (!waits(getpid()) || tree_state(getpid()) != 'S')
		usleep(1000);
	filters_no_new_privs();
	CHECK_EQ(filters_try(SYS_getpgid, SECCOMP_RET_ERRNO | EDOM, SECCOMP_FILTER_FLAG_TSYNC), 0);
	syscall(SYS_exit, 0);
	return NULL;
}

static void comes(void)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };
	pthread_t thread;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	CHECK_EQ(pthread_create(&thread, NULL, confines, NULL), 0);
	ioctl(device(), CKPT_IOC_RESTART, &argument);
	_exit(1);
}

static bool is_alone_and_confined(pid_t pid)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	ckpt_read_file(path, text, sizeof(text));
	return strstr(text, "Threads:\t1\n") && strstr(text, "Seccomp:\t2\n");
}

int main(void)
{
	int image = image_of_target("image", NULL), log = new_file("log");
	char text[2048];
	pid_t pid;

	device();
	pid = SYS(fork());
	if (pid == 0)
		comes();
	while (!is_alone_and_confined(pid))
		usleep(1000);
	CHECK_ERRNO(ckpt_restart_flags(pid, image, log, 0), EPERM);
	ckpt_read_file("log", text, sizeof(text));
	CHECK(strstr(text, "seccomp confines the caller"));
	CHECK_EQ(exit_status(pid), 1000 + SIGKILL);
	return ckpt_pass();
}
