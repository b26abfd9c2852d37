// SPDX-License-Identifier: GPL-2.0-only
//
// What belonged to the address space of the task that is restored onto goes with
// it: a local descriptor table, an AIO context, sealed memory; and whoever had
// opened it through /proc sees nothing of the restored one.
//
// MODES: plain
#include "api.h"
#include <asm/ldt.h>
#include <linux/aio_abi.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#define HAS_LDT 43

/* Tells by its status whether it has a local descriptor table. */
static void target_looks(void)
{
	static char table[65536];

	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(syscall(SYS_modify_ldt, 0, table, sizeof(table)) == 0 ? TARGET_EXIT : HAS_LDT);
}

static bool is_sealed;

static void has_something(void)
{
	struct user_desc entry = { .entry_number = LDT_ENTRIES - 1, .limit = 0xfffff,
				   .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };
	aio_context_t context = 0;

	SYS(syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)));
	SYS(syscall(SYS_io_setup, 8, &context));
	if (is_sealed)
		syscall(SYS_mseal, ckpt_anon(CKPT_PAGE), CKPT_PAGE, 0);
}

static size_t bytes_of(int fd)
{
	static char text[65536];
	ssize_t count;
	size_t sum = 0;

	SYS(lseek(fd, 0, SEEK_SET));
	while ((count = SYS(read(fd, text, sizeof(text)))) > 0)
		sum += count;
	return sum;
}

static void try(int image)
{
	struct target restored = { 0 };
	int second, maps, ready[2];
	char path[64], byte = 0;

	make_cgroup(restored.cgroup, "restored");
	SYS(pipe2(ready, O_CLOEXEC));
	restored.pid = SYS(fork());
	if (restored.pid == 0) {
		has_something();
		CHECK_EQ(write(ready[1], &byte, 1), 1);
		child_restarts();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	SYS(close(ready[0]));
	SYS(close(ready[1]));
	enter_cgroup(&restored, restored.pid);
	snprintf(path, sizeof(path), "/proc/%d/maps", restored.pid);
	maps = SYS(open(path, O_RDONLY | O_CLOEXEC));
	CHECK(bytes_of(maps) > 0);
	SYS(lseek(image, 0, SEEK_SET));
	SYS(ckpt_restart_flags(restored.pid, image, STDERR_FILENO, 0));

	CHECK_EQ(bytes_of(maps), 0);
	SYS(close(maps));
	maps = SYS(open(path, O_RDONLY | O_CLOEXEC));
	CHECK(bytes_of(maps) > 0);
	SYS(close(maps));
	/* There is nothing that an image could not hold. */
	target_freeze(&restored, true);
	second = new_file("second");
	CHECK(ckpt_checkpoint_flags(restored.pid, second, STDERR_FILENO, CHECKPOINT_SUBTREE) > 0);
	SYS(close(second));
	target_ends_well(&restored);
}

int main(void)
{
	int image = image_of_target("image", target_looks);

	device();
	try(image);
	is_sealed = true;
	try(image);
	return ckpt_pass();
}
