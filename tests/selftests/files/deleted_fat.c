// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file of a file system without O_TMPFILE is made again, and leaves no name.
//
// MODES: -twice
#include "../ckpt_test.h"
#include <dirent.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

/* A floppy disk: 2880 sectors, one copy of the table of clusters, 112 files at most. */
static const unsigned char boot[] = {
	0xeb, 0x3c, 0x90, 'c', 'k', 'p', 't', ' ', ' ', ' ', ' ',
	0x00, 0x02, 1, 1, 0, 1, 112, 0, 0x40, 0x0b, 0xf0, 9, 0, 18, 0, 2, 0,
};

static void make_disk(const char *name)
{
	int fd = SYS(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));

	SYS(ftruncate(fd, 2880 * 512));
	CHECK_EQ(pwrite(fd, boot, sizeof(boot), 0), sizeof(boot));
	CHECK_EQ(pwrite(fd, "\x55\xaa", 2, 510), 2);
	CHECK_EQ(pwrite(fd, "\xf0\xff\xff", 3, 512), 3);
	SYS(close(fd));
}

/* The driver may have to be loaded first. */
static int open_control(void)
{
	if (access("/dev/loop-control", F_OK) != 0) {
		if (SYS(fork()) == 0) {
			execlp("modprobe", "modprobe", "-q", "loop", NULL);
			_exit(1);
		}
		SYS(wait(NULL));
	}
	return open("/dev/loop-control", O_RDWR | O_CLOEXEC);
}

/* The disk is let go when it is no longer mounted. */
static void mount_disk(const char *name, const char *where)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int control = open_control(), device;
	char path[32];

	if (control < 0)
		ckpt_skip("no loop devices here");
	snprintf(path, sizeof(path), "/dev/loop%d", SYS(ioctl(control, LOOP_CTL_GET_FREE)));
	device = SYS(open(path, O_RDWR | O_CLOEXEC));
	config.fd = SYS(open(name, O_RDWR | O_CLOEXEC));
	SYS(ioctl(device, LOOP_CONFIGURE, &config));
	if (mount(path, where, "msdos", 0, NULL) != 0)
		ckpt_skip("no such file system here");
	SYS(close(config.fd));
	SYS(close(device));
	SYS(close(control));
}

static int count(const char *path)
{
	DIR *dir = opendir(path);
	int entries = 0;

	CHECK(dir != NULL);
	while (readdir(dir))
		entries++;
	closedir(dir);
	return entries;
}

int main(void)
{
	char text[8] = "";
	struct stat stat;
	int fd, entries;

	make_disk("disk");
	SYS(mkdir("on", 0755));
	mount_disk("disk", "on");
	entries = count("on");
	CHECK_ERRNO(open("on", O_RDWR | O_TMPFILE, 0600), EOPNOTSUPP);
	fd = SYS(open("on/doomed", O_RDWR | O_CREAT | O_EXCL, 0755));
	CHECK_EQ(write(fd, "data", 4), 4);
	SYS(unlink("on/doomed"));
	ckpt_ready();
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "data");
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_nlink, 0);
	CHECK_EQ(count("on"), entries);
	SYS(umount2("on", MNT_DETACH));
	return ckpt_pass();
}
