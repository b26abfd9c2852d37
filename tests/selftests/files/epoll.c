// SPDX-License-Identifier: GPL-2.0-only
//
// Epoll sets: what they wait for and give back, items that have fired, edges that have been seen, a
// set in a set, and a file whose descriptor is another one by now.
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void add(int set, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	SYS(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

/* What is ready now; 0 for nothing. */
static uint64_t next(int set)
{
	struct epoll_event event = { .data.u64 = 0 };
	int count = SYS(epoll_wait(set, &event, 1, 0));

	return count ? event.data.u64 : 0;
}

static void arm(int set, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	SYS(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event));
}

int main(void)
{
	int level = SYS(epoll_create1(EPOLL_CLOEXEC)), edge = SYS(epoll_create1(0));
	int once = SYS(epoll_create1(0)), outer = SYS(epoll_create1(0));
	int counter = SYS(eventfd(0, 0)), quiet = SYS(eventfd(0, 0));
	int end[2], moved, empty = SYS(epoll_create1(0));
	const uint64_t data = 0x123456789abcdef0ull;

	SYS(pipe(end));
	add(level, counter, EPOLLIN, data);
	add(level, end[0], EPOLLIN | EPOLLRDHUP, 2);
	add(edge, counter, EPOLLIN | EPOLLET, 3);
	add(edge, quiet, EPOLLIN | EPOLLET, 4);
	add(once, counter, EPOLLIN | EPOLLONESHOT, 5);
	add(outer, level, EPOLLIN, 6);
	/* Registered by a number that is free again. */
	moved = SYS(dup(quiet));
	add(empty, moved, EPOLLIN, 7);
	SYS(close(moved));
	SYS(eventfd_write(counter, 1));
	CHECK_EQ(next(edge), 3);
	CHECK_EQ(next(edge), 0);
	CHECK_EQ(next(once), 5);
	CHECK_EQ(next(once), 0);
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(level, F_GETFD)), FD_CLOEXEC);
	/* Seen before, and nothing has happened since. */
	CHECK_EQ(next(edge), 0);
	CHECK_EQ(next(once), 0);
	CHECK_EQ(next(outer), 6);
	CHECK_EQ(next(level), data);
	CHECK_EQ(next(empty), 0);
	SYS(eventfd_write(counter, 1));
	CHECK_EQ(next(edge), 3);
	CHECK_EQ(next(once), 0);
	arm(once, counter, EPOLLIN | EPOLLONESHOT, 8);
	CHECK_EQ(next(once), 8);
	SYS(eventfd_write(quiet, 1));
	CHECK_EQ(next(edge), 4);
	CHECK_EQ(next(empty), 7);
	SYS(eventfd_read(counter, &(eventfd_t) { 0 }));
	CHECK_EQ(next(level), 0);
	CHECK_EQ(next(outer), 0);
	CHECK_EQ(write(end[1], "x", 1), 1);
	CHECK_EQ(next(level), 2);
	/* Known as what it was added as. */
	CHECK_ERRNO(epoll_ctl(level, EPOLL_CTL_ADD, counter, &(struct epoll_event) { 0 }), EEXIST);
	SYS(epoll_ctl(level, EPOLL_CTL_DEL, end[0], NULL));
	CHECK_EQ(next(level), 0);
	return ckpt_pass();
}
