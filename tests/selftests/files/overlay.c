// SPDX-License-Identifier: GPL-2.0-only
//
// Files on an overlay, deleted or not, mapped or not, from below, from above and copied up, stay what
// they are.
//
// MODES: -twice
#include "../ckpt_test.h"
#include <sys/mount.h>

static const char *const names[] = { "below", "copied", "above", "kept" };

static struct {
	int fd;
	unsigned char *shared, *private;
} file[ARRAY_SIZE(names)];

static void make(const char *name, const char *text)
{
	char bytes[3 * CKPT_PAGE];

	memset(bytes, 'z', sizeof(bytes));
	memcpy(bytes, text, strlen(text) + 1);
	ckpt_write_file(name, bytes, sizeof(bytes));
}

static void map(size_t i, int protection)
{
	file[i].shared = mmap(NULL, CKPT_PAGE, protection, MAP_SHARED, file[i].fd, 0);
	file[i].private = mmap(NULL, 3 * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			       file[i].fd, 0);
	CHECK(file[i].shared != MAP_FAILED && file[i].private != MAP_FAILED);
	file[i].private[CKPT_PAGE] = 'p';
}

static void check(size_t i)
{
	const char *text = i == 1 ? "COPIED" : names[i];
	char bytes[16] = "";
	struct stat stat;

	CHECK_EQ(pread(file[i].fd, bytes, sizeof(bytes) - 1, 0), sizeof(bytes) - 1);
	CHECK_STR(bytes, text);
	CHECK_STR((char *)file[i].shared, text);
	CHECK_STR((char *)file[i].private, text);
	CHECK_EQ(file[i].private[CKPT_PAGE], 'p');
	CHECK_EQ(file[i].private[2 * CKPT_PAGE], 'z');
	SYS(fstat(file[i].fd, &stat));
	CHECK_EQ(stat.st_size, 3 * CKPT_PAGE);
	/* That from below is told with the names that it has there. */
	if (i > 0)
		CHECK_EQ(stat.st_nlink, i == 3);
}

int main(void)
{
	size_t i;

	for (i = 0; i < 4; i++)
		SYS(mkdir((const char *[]){ "lower", "upper", "work", "merged" }[i], 0755));
	make("lower/below", "below");
	make("lower/copied", "copied");
	make("lower/kept", "kept");
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work"))
		ckpt_skip("no overlays here");
	SYS(chdir("merged"));
	make("above", "above");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		file[i].fd = SYS(open(names[i], i % 3 ? O_RDWR : O_RDONLY));
	CHECK_EQ(pwrite(file[1].fd, "COPIED", 6, 0), 6);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		map(i, i % 3 ? PROT_READ | PROT_WRITE : PROT_READ);
	for (i = 0; i < 3; i++)
		SYS(unlink(names[i]));
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		check(i);
	/* One file for descriptor and mapping. */
	CHECK_EQ(pwrite(file[2].fd, "ABOVE", 5, 0), 5);
	CHECK_STR((char *)file[2].shared, "ABOVE");
	CHECK_ERRNO(access("above", F_OK), ENOENT);
	SYS(chdir(".."));
	SYS(umount2("merged", MNT_DETACH));
	return ckpt_pass();
}
