// SPDX-License-Identifier: GPL-2.0-only
//
// A byte of a page, or of the checksum behind the pages, that is not what was
// written ends a restart with EBADMSG and with the addresses of the pages; nobody
// runs. Without the damage the same image is restored.
//
// MODES: plain
#include "api.h"

#define PAGES 3
#define WHERE ((unsigned char *)0x200000000000ul)

static const char mark[] = "the middle of the second of three pages";

/* Three pages with nothing beside them, which make up a run. */
static void holds_pages(void)
{
	unsigned char *pages = mmap(WHERE, PAGES * 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (pages != WHERE)
		_exit(1);
	ckpt_fill_pattern(pages, PAGES * 4096, 7);
	memcpy(pages + 6000, mark, sizeof(mark));
	target_waits();
}

static off_t find(const unsigned char *image, off_t length)
{
	const unsigned char *found = memmem(image, length, mark, sizeof(mark));

	CHECK(found);
	return found - image - 6000;
}

static void flip(int fd, off_t offset, unsigned char bits)
{
	unsigned char byte;

	CHECK_EQ(pread(fd, &byte, 1, offset), 1);
	byte ^= bits;
	CHECK_EQ(pwrite(fd, &byte, 1, offset), 1);
}

static void refused(int fd, const char *addresses)
{
	static char text[4096];
	int log = new_file("log");
	pid_t child = restarting_child();

	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(child, fd, log, 0), EBADMSG);
	kill(child, SIGKILL);
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	SYS(close(log));
	ckpt_read_file("log", text, sizeof(text));
	if (!strstr(text, "record PAGES (403)") || !strstr(text, addresses))
		ckpt_fail("the log does not tell of pages at %s: %s", addresses, text);
}

int main(void)
{
	int fd = image_of_target("image", holds_pages), status;
	off_t length = SYS(lseek(fd, 0, SEEK_END)), pages;
	unsigned char *image = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
	char addresses[64];
	pid_t child;

	CHECK(image != MAP_FAILED);
	/* Otherwise a restored process would end at once. */
	CHECK(access("target-go", F_OK) != 0);
	pages = find(image, length);
	snprintf(addresses, sizeof(addresses), "(%lx-%lx)", (unsigned long)WHERE,
		 (unsigned long)WHERE + PAGES * 4096);

	for (int i = 0; i < 4; i++) {
		off_t at = pages + (off_t[]){ 0, 4096, 6000, PAGES * 4096 - 1 }[i];

		flip(fd, at, 1 << (2 * i));
		refused(fd, addresses);
		flip(fd, at, 1 << (2 * i));
	}

	SYS(lseek(fd, 0, SEEK_SET));
	child = restarting_child();
	SYS(ckpt_restart_flags(child, fd, CKPT_FD_NONE, 0));
	ckpt_write_file("target-go", "", 0);
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, TARGET_EXIT);
	return ckpt_pass();
}
