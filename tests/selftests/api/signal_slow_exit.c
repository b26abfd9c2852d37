// SPDX-License-Identifier: GPL-2.0-only
//
// A killed process that takes its time to exit (a file system does not answer its last flush) is waited for,
// in time and until a signal comes, and told of as one that exits.
// MODES: plain
#include "faulty.h"
#include "keep.h"
#include <sys/time.h>

static void has_file(void)
{
	SYS(open("faulty/image", O_RDWR));
	target_waits();
}

static void ignored(int signal)
{
	(void)signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = ignored };
	struct itimerval soon = { .it_value.tv_usec = 200000 };
	struct target target;
	int fd, id;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	fd = own_device();
	faulty_start();
	target = target_frozen(has_file);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	SYS(kill(faulty_server, SIGSTOP));
	CHECK_ERRNO(send_kept(fd, id, SIGKILL, 100), ETIMEDOUT);
	CHECK_EQ(why.reason, CKPT_REASON_RAN);
	CHECK_EQ(why.pid, target.pid);
	SYS(sigaction(SIGALRM, &action, NULL));
	SYS(setitimer(ITIMER_REAL, &soon, NULL));
	CHECK_ERRNO(send_kept(fd, id, SIGKILL, 0), EINTR);
	CHECK_EQ(why.pid, target.pid);
	CHECK_EQ(waitpid(target.pid, NULL, WNOHANG), 0);
	SYS(kill(faulty_server, SIGCONT));
	CHECK_EQ(send_kept(fd, id, SIGKILL, 0), 0);
	CHECK_EQ(exit_status(target.pid), 1000 + SIGKILL);
	remove_cgroup(&target);
	SYS(close(fd));
	faulty_end();
	return ckpt_pass();
}
