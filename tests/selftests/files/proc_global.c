// SPDX-License-Identifier: GPL-2.0-only
//
// Files of /proc and /sys that belong to nobody are opened again, with their position.
#include "../ckpt_test.h"

int main(void)
{
	char text[256] = "", all[256] = "", name[64] = "", again[64] = "";
	int meminfo, version, notes, directory, ostype;

	meminfo = SYS(open("/proc/meminfo", O_RDONLY));
	version = SYS(open("/proc/version", O_RDONLY));
	ostype = SYS(open("/proc/sys/kernel/ostype", O_RDONLY));
	notes = SYS(open("/sys/kernel/notes", O_RDONLY));
	directory = SYS(open("/sys/kernel", O_RDONLY | O_DIRECTORY));
	CHECK_EQ(SYS(read(meminfo, text, 8)), 8);
	CHECK_EQ(SYS(pread(version, all, sizeof(all) - 1, 0)) > 20, 1);
	SYS(lseek(version, 10, SEEK_SET));
	CHECK_EQ(SYS(pread(notes, name, sizeof(name), 0)), (ssize_t)sizeof(name));
	SYS(lseek(notes, 4, SEEK_SET));
	ckpt_ready();
	CHECK_EQ(SYS(lseek(meminfo, 0, SEEK_CUR)), 8);
	CHECK(SYS(read(meminfo, text + 8, 40)) > 0);
	CHECK(memcmp(text, "MemTotal:", 9) == 0);
	memset(text, 0, sizeof(text));
	CHECK(SYS(read(version, text, sizeof(text) - 1)) > 10);
	CHECK_STR(text, all + 10);
	memset(text, 0, sizeof(text));
	CHECK(SYS(read(ostype, text, sizeof(text) - 1)) > 0);
	CHECK_STR(text, "Linux\n");
	CHECK_EQ(SYS(read(notes, again, sizeof(again) - 4)), (ssize_t)sizeof(again) - 4);
	CHECK(memcmp(again, name + 4, sizeof(again) - 4) == 0);
	CHECK_EQ(SYS(openat(directory, "notes", O_RDONLY)) > 0, 1);
	return ckpt_pass();
}
