// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd keeps its name, contents, holes, size, permissions and position; other open files for it
// stay such.
#include "../ckpt_test.h"

#define HOLE (3ll << 30)

static void check_name(int fd)
{
	char path[64], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	SYS(readlink(path, name, sizeof(name) - 1));
	CHECK_STR(name, "/memfd:some name (deleted)");
}

int main(void)
{
	int fd = SYS(memfd_create("some name", 0)), again, nameless;
	char path[64], text[8] = "";
	struct stat stat;

	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_EQ(pwrite(fd, "far", 3, HOLE), 3);
	SYS(fchmod(fd, 0640));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = SYS(open(path, O_RDONLY | O_NONBLOCK));
	SYS(lseek(again, 1, SEEK_SET));
	nameless = SYS(memfd_create("", MFD_CLOEXEC));
	ckpt_ready();
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_mode, S_IFREG | 0640);
	CHECK_EQ(stat.st_nlink, 0);
	CHECK_EQ(stat.st_size, HOLE + 3);
	CHECK_EQ(stat.st_blocks, 2 * CKPT_PAGE / 512);
	check_name(fd);
	check_name(again);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(read(again, text, 3), 3);
	CHECK_STR(text, "ata");
	CHECK_EQ(pread(again, text, sizeof(text), HOLE), 3);
	CHECK_STR(text, "far");
	CHECK_EQ(pwrite(fd, "D", 1, 0), 1);
	CHECK_EQ(pread(again, text, 1, 0), 1);
	CHECK_EQ(text[0], 'D');
	CHECK_ERRNO(write(again, "x", 1), EBADF);
	CHECK(fcntl(again, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_EQ(write(nameless, "x", 1), 1);
	CHECK_EQ(fcntl(nameless, F_GETFD), FD_CLOEXEC);
	return ckpt_pass();
}
