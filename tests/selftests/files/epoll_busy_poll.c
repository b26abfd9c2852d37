// SPDX-License-Identifier: GPL-2.0-only
//
// How an epoll instance looks for packets itself stays (EPIOCSPARAMS).
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/ioctl.h>

struct parameters {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer;
	uint8_t pad;
};

#define SET	_IOW(0x8a, 1, struct parameters)
#define GET	_IOR(0x8a, 2, struct parameters)

int main(void)
{
	struct parameters wanted = { .usecs = 77, .budget = 33, .prefer = 1 }, now = { 0 };
	int set = SYS(epoll_create1(0)), plain = SYS(epoll_create1(0));

	if (ioctl(set, SET, &wanted) != 0)
		ckpt_skip("no busy polling here");
	ckpt_ready();
	SYS(ioctl(set, GET, &now));
	CHECK_EQ(now.usecs, 77);
	CHECK_EQ(now.budget, 33);
	CHECK_EQ(now.prefer, 1);
	SYS(ioctl(plain, GET, &now));
	CHECK_EQ(now.usecs, 0);
	CHECK_EQ(now.budget, 0);
	CHECK_EQ(now.prefer, 0);
	return ckpt_pass();
}
