// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc that tells of a descriptor is refused: it is opened again before that is.
//
// EXPECT: refused EOPNOTSUPP "a file that tells of a descriptor or mapping" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[64];
	int fd = SYS(open("/proc/self/fdinfo/0", O_RDONLY));

	ckpt_ready();
	CHECK(read(fd, text, sizeof(text)) > 0);
	return ckpt_pass();
}
