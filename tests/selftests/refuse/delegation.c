// SPDX-License-Identifier: GPL-2.0-only
//
// A delegation of a directory is refused; it stays.
//
// EXPECT: refused EOPNOTSUPP "a delegation" "fd 3"
#include "../ckpt_test.h"

#define SETDELEG (1024 + 16)
#define GETDELEG (1024 + 15)

struct delegated {
	uint32_t flags;
	uint16_t type;
	uint16_t pad;
};

int main(void)
{
	struct delegated delegated = { .type = F_RDLCK };
	int fd;

	SYS(mkdir("directory", 0755));
	fd = SYS(open("directory", O_RDONLY | O_DIRECTORY));
	if (fcntl(fd, SETDELEG, &delegated) != 0)
		ckpt_skip("no delegations here");
	ckpt_ready();
	SYS(fcntl(fd, GETDELEG, &delegated));
	CHECK_EQ(delegated.type, F_RDLCK);
	return ckpt_pass();
}
