// SPDX-License-Identifier: GPL-2.0-only
//
// Names with blanks, newlines, backslashes, per cent signs, bytes that are no
// UTF-8, or that end like those of deleted files; and very long paths.
#include "../ckpt_test.h"

static const char *const names[] = {
	" ",	"a b\tc",   "line\nbreak",  "back\\slash\\040", "%s%n%d", "\xff\xfe\x80",
	"a\rb", "(deleted)", "x (deleted)", "-", "\"quoted'", "*",
};

#define NAMES ARRAY_SIZE(names)
#define DEEP 15

int main(void)
{
	int fd[NAMES], deep, i;
	char part[201], value;

	for (i = 0; i < (int)NAMES; i++) {
		fd[i] = SYS(open(names[i], O_RDWR | O_CREAT | O_EXCL, 0644));
		value = 'a' + i;
		CHECK_EQ(write(fd[i], &value, 1), 1);
	}
	memset(part, 'p', 200);
	part[200] = '\0';
	for (i = 0; i < DEEP; i++) {
		SYS(mkdir(part, 0755));
		SYS(chdir(part));
	}
	deep = SYS(open("deep", O_RDWR | O_CREAT, 0644));
	CHECK_EQ(write(deep, "d", 1), 1);
	SYS(chdir(getenv("CKPT_DIR") ? getenv("CKPT_DIR") : "/"));
	ckpt_ready();
	for (i = 0; i < (int)NAMES; i++) {
		CHECK_EQ(pread(fd[i], &value, 1, 0), 1);
		CHECK_EQ(value, 'a' + i);
	}
	CHECK_EQ(pread(deep, &value, 1, 0), 1);
	CHECK_EQ(value, 'd');
	return ckpt_pass();
}
