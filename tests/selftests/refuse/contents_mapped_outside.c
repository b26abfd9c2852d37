// SPDX-License-Identifier: GPL-2.0-only
//
// Shared anonymous memory that a process outside of the tree has, too, is refused by its address range;
// both still see what the other writes.
//
// EXPECT: refused EBUSY "mapping" "/dev/zero" "outside of the tree has it, too, mapped"
#include "../ckpt_test.h"

static uint32_t *shared;

static void hold(void *argument)
{
	(void)argument;
	__atomic_store_n(shared, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) != 2)
		usleep(1000);
	__atomic_store_n(shared, 3, __ATOMIC_SEQ_CST);
}

int main(void)
{
	shared = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	ckpt_helper(hold, NULL);
	while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) != 1)
		usleep(1000);
	ckpt_ready();
	__atomic_store_n(shared, 2, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) != 3)
		usleep(1000);
	return ckpt_pass();
}
