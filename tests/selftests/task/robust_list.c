// SPDX-License-Identifier: GPL-2.0-only
//
// The robust futex list stays registered: get_robust_list gives it, and a lock
// that its owner leaves behind is marked when the owner dies.
//
// MODES: -new-pid
#include "../ckpt_test.h"
#include <linux/futex.h>
#include <stddef.h>

struct lock {
	struct robust_list entry;
	uint32_t word;
};

static struct robust_list_head head;

int main(void)
{
	struct lock *lock = ckpt_anon(CKPT_PAGE), *shared;
	struct robust_list_head *seen = NULL;
	size_t length = 0;

	head.list.next = &lock->entry;
	head.futex_offset = offsetof(struct lock, word);
	lock->entry.next = &head.list;
	lock->word = getpid();
	SYS(syscall(SYS_set_robust_list, &head, sizeof(head)));
	ckpt_ready();
	SYS(syscall(SYS_get_robust_list, 0, &seen, &length));
	CHECK(seen == &head);
	CHECK_EQ(length, sizeof(head));
	CHECK_EQ(lock->word, (uint32_t)getpid());
	/* A child with a list of the same kind dies without unlocking. */
	shared = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	if (SYS(fork()) == 0) {
		head.list.next = &shared->entry;
		shared->entry.next = &head.list;
		shared->word = getpid();
		syscall(SYS_set_robust_list, &head, sizeof(head));
		_exit(0);
	}
	wait(NULL);
	CHECK(shared->word & FUTEX_OWNER_DIED);
	return ckpt_pass();
}
