// SPDX-License-Identifier: GPL-2.0-only
//
// A process outside of a container has one of its open files, too, by fork, by pidfd_getfd(2), as a mapping or
// in flight: EBUSY, nothing is written, and the log names the file and what has it.
//
// MODES: plain
// LIBS: -lpthread
#include "../in_flight.h"
#include "container.h"

static void is_refused(const struct target *target, const char *why)
{
	static char said[4096];
	int fd = new_file("image");
	struct stat image;

	CHECK_EQ(container_checkpoint(target->pid, fd, said, sizeof(said)), EBUSY);
	if (!strstr(said, "fd 3: ") || !strstr(said, "/shared: ") || !strstr(said, why))
		ckpt_fail("wanted the shared file and \"%s\" in: %s", why, said);
	SYS(fstat(fd, &image));
	CHECK_EQ(image.st_size, 0);
	SYS(close(fd));
}

static void is_saved(const struct target *target)
{
	static char said[4096];
	int fd = new_file("image");

	if (container_checkpoint(target->pid, fd, said, sizeof(said)) != 0)
		ckpt_fail("not saved: %s", said);
	SYS(close(fd));
}

int main(void)
{
	struct target target;
	char who[128];
	void *page;
	int pidfd, ends[2];

	container_keeps = SYS(open("shared", O_RDWR | O_CREAT, 0600));
	SYS(ftruncate(container_keeps, CKPT_PAGE));
	target = container_start();
	target_freeze(&target, true);
	snprintf(who, sizeof(who), "process %d outside of the container has it, too, as fd %d",
		 getpid(), container_keeps);
	is_refused(&target, who);
	SYS(close(container_keeps));
	is_saved(&target);

	pidfd = SYS(syscall(SYS_pidfd_open, target.pid, 0));
	container_keeps = SYS(syscall(SYS_pidfd_getfd, pidfd, 3, 0));
	snprintf(who, sizeof(who), "process %d outside of the container has it, too, as fd %d",
		 getpid(), container_keeps);
	is_refused(&target, who);

	page = mmap(NULL, CKPT_PAGE, PROT_READ, MAP_SHARED, container_keeps, 0);
	CHECK(page != MAP_FAILED);
	SYS(close(container_keeps));
	snprintf(who, sizeof(who), "process %d outside of the container has it, too, mapped", getpid());
	is_refused(&target, who);
	SYS(munmap(page, CKPT_PAGE));

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	container_keeps = SYS(syscall(SYS_pidfd_getfd, pidfd, 3, 0));
	in_flight_send(ends[0], container_keeps);
	SYS(close(container_keeps));
	is_refused(&target, "a descriptor in flight (SCM_RIGHTS)");
	SYS(close(in_flight_receive(ends[1])));
	is_saved(&target);
	target_ends_well(&target);
	return ckpt_pass();
}
