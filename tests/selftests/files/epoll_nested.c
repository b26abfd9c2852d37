// SPDX-License-Identifier: GPL-2.0-only
//
// Sets in sets in sets, as deep as the kernel allows, one of them in two others: each is the same set
// everywhere, and what happens innermost is heard outermost.
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define SETS 5

static int set[SETS];

static void add(int outer, int fd, uint64_t data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = data };

	SYS(epoll_ctl(outer, EPOLL_CTL_ADD, fd, &event));
}

/* How many of the files in a set have something to tell. */
static int events_in(int nth, uint64_t *data)
{
	struct epoll_event events[4];
	int i, count = SYS(epoll_wait(set[nth], events, 4, 0));

	for (*data = 0, i = 0; i < count; i++)
		*data += events[i].data.u64;
	return count;
}

int main(void)
{
	int counter = SYS(eventfd(0, EFD_NONBLOCK)), i;
	uint64_t data, value = 1;

	/* The innermost one last: it is met first from outside. */
	for (i = SETS - 1; i >= 0; i--)
		set[i] = SYS(epoll_create1(0));
	add(set[0], counter, 1);
	for (i = 1; i < SETS; i++)
		add(set[i], set[i - 1], 1 << i);
	add(set[SETS - 1], set[1], 256);
	ckpt_ready();
	for (i = 0; i < SETS; i++)
		CHECK_EQ(events_in(i, &data), 0);
	CHECK_EQ(write(counter, &value, sizeof(value)), sizeof(value));
	CHECK_EQ(events_in(SETS - 1, &data), 2);
	CHECK_EQ(data, (1 << (SETS - 1)) + 256);
	for (i = 0; i < SETS - 1; i++) {
		CHECK_EQ(events_in(i, &data), 1);
		CHECK_EQ(data, 1 << i);
	}
	CHECK_EQ(read(counter, &value, sizeof(value)), sizeof(value));
	for (i = 0; i < SETS; i++)
		CHECK_EQ(events_in(i, &data), 0);
	/* Still the same sets: one that is there cannot come again. */
	CHECK_ERRNO(epoll_ctl(set[SETS - 1], EPOLL_CTL_ADD, set[1], &(struct epoll_event){ 0 }), EEXIST);
	return ckpt_pass();
}
