// SPDX-License-Identifier: GPL-2.0-only
//
// O_PATH descriptors of a FIFO, a socket, a device with state and a symbolic link stand for the
// same places as before.
#include "../ckpt_test.h"
#include <sys/socket.h>
#include <sys/un.h>

static void make_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	SYS(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
	SYS(close(fd));
}

/* It is of this type, and what is at the path. */
static void check(int fd, const char *path, mode_t type)
{
	struct stat here, there;

	CHECK_EQ(SYS(fcntl(fd, F_GETFL)) & O_PATH, O_PATH);
	SYS(fstat(fd, &here));
	CHECK_EQ(here.st_mode & S_IFMT, type);
	SYS(lstat(path, &there));
	CHECK_EQ(here.st_dev, there.st_dev);
	CHECK_EQ(here.st_ino, there.st_ino);
	CHECK_ERRNO(read(fd, &here, 1), EBADF);
}

int main(void)
{
	int fifo, socket, device, link, reader;
	char path[64], target[64] = "";

	SYS(mkfifo("fifo", 0600));
	make_socket("socket");
	SYS(symlink("nowhere", "link"));
	fifo = SYS(open("fifo", O_PATH));
	socket = SYS(open("socket", O_PATH));
	device = SYS(open("/dev/kmsg", O_PATH));
	link = SYS(open("link", O_PATH | O_NOFOLLOW));
	ckpt_ready();
	check(fifo, "fifo", S_IFIFO);
	check(socket, "socket", S_IFSOCK);
	check(device, "/dev/kmsg", S_IFCHR);
	check(link, "link", S_IFLNK);
	SYS(readlinkat(link, "", target, sizeof(target) - 1));
	CHECK_STR(target, "nowhere");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fifo);
	reader = SYS(open(path, O_RDONLY | O_NONBLOCK));
	SYS(close(SYS(open("fifo", O_WRONLY))));
	SYS(close(reader));
	return ckpt_pass();
}
