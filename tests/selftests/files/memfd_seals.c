// SPDX-License-Identifier: GPL-2.0-only
//
// Seals of a memfd stay as they are, each alone and all together; those that allow more can be
// added to.
#include "../ckpt_test.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC 0x0010U
#endif

#define ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | \
	     F_SEAL_EXEC)

static const int seals[] = {
	0, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL, F_SEAL_EXEC, ALL,
};

static int sealed[ARRAY_SIZE(seals)], was[ARRAY_SIZE(seals)], never;

static int make(unsigned int flags, int wanted)
{
	int fd = SYS(memfd_create("sealed", flags));

	CHECK_EQ(write(fd, "data", 4), 4);
	if (wanted)
		SYS(fcntl(fd, F_ADD_SEALS, wanted));
	return fd;
}

static void check(int fd, int has)
{
	const int blocks_write = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	char text[8] = "";
	void *map;

	CHECK_EQ(fcntl(fd, F_GET_SEALS), has);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "data");
	map = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK_EQ(map == MAP_FAILED, (has & blocks_write) != 0);
	if (map != MAP_FAILED)
		SYS(munmap(map, CKPT_PAGE));
	CHECK_EQ(pwrite(fd, "D", 1, 0), has & blocks_write ? -1 : 1);
	CHECK_EQ(ftruncate(fd, 5), has & F_SEAL_GROW ? -1 : 0);
	CHECK_EQ(ftruncate(fd, 3), has & F_SEAL_SHRINK ? -1 : 0);
	CHECK_EQ(fchmod(fd, 0644), has & F_SEAL_EXEC ? -1 : 0);
}

int main(void)
{
	struct stat stat;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seals); i++) {
		sealed[i] = make(MFD_ALLOW_SEALING | MFD_EXEC, seals[i]);
		was[i] = SYS(fcntl(sealed[i], F_GET_SEALS));
		CHECK_EQ(was[i] & seals[i], seals[i]);
	}
	never = make(MFD_NOEXEC_SEAL, 0);
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(seals); i++) {
		if (!(was[i] & F_SEAL_SEAL)) {
			SYS(fcntl(sealed[i], F_ADD_SEALS, F_SEAL_SHRINK));
			was[i] |= F_SEAL_SHRINK;
		} else {
			CHECK_ERRNO(fcntl(sealed[i], F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
		}
		check(sealed[i], was[i]);
	}
	CHECK_EQ(fcntl(never, F_GET_SEALS), F_SEAL_EXEC);
	SYS(fstat(never, &stat));
	CHECK_EQ(stat.st_mode, S_IFREG | 0666);
	CHECK_ERRNO(fchmod(never, 0777), EPERM);
	return ckpt_pass();
}
