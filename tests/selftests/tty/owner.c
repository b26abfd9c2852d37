// SPDX-License-Identifier: GPL-2.0-only
//
// The slave belongs to whom it belonged, with the same permissions.
#include "tty.h"
#include <sys/stat.h>

int main(void)
{
	int master, slave;
	struct stat stat;

	tty_pair(&master, &slave);
	SYS(fchown(slave, 1234, 5678));
	SYS(fchmod(slave, 0610));
	ckpt_ready();
	SYS(fstat(slave, &stat));
	CHECK_EQ(stat.st_uid, 1234u);
	CHECK_EQ(stat.st_gid, 5678u);
	CHECK_EQ(stat.st_mode, (mode_t)(S_IFCHR | 0610));
	return ckpt_pass();
}
