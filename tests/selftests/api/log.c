// SPDX-License-Identifier: GPL-2.0-only
//
// The log of a refused checkpoint is text that names task and object; a
// successful one may leave it empty.
//
// MODES: plain
#include "api.h"
#include <sys/socket.h>

static void with_socket(void)
{
	int end[2];

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	target_waits();
}

int main(void)
{
	struct target target = target_frozen(with_socket);
	int fd = new_file("image"), log = new_file("log");
	char text[4096], pid[16];
	size_t length, i;

	CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, fd, log, CHECKPOINT_SUBTREE), EOPNOTSUPP);
	length = ckpt_read_file("log", text, sizeof(text));
	snprintf(pid, sizeof(pid), "%d", target.pid);
	CHECK(length > 20 && text[length - 1] == '\n');
	for (i = 0; i < length; i++)
		CHECK(text[i] == '\n' || (text[i] >= ' ' && text[i] < 127));
	if (!strstr(text, pid) || !strstr(text, "socket") || !strstr(text, "log"))
		ckpt_fail("pid, name or object are missing: %s", text);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	target_end(&target);
	return ckpt_pass();
}
