// SPDX-License-Identifier: GPL-2.0-only
//
// The C library's area for restartable sequences stays registered: the number
// of the processor in it is right at once and follows the process.
#include "../ckpt_test.h"
#include <sched.h>
#include <sys/rseq.h>

static struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

int main(void)
{
	unsigned int cpu;
	int i;

	if (__rseq_size == 0)
		ckpt_skip("the C library has not registered one");
	ckpt_ready();
	for (i = 0; i < 100; i++) {
		/* Between the two readings the process may have moved. */
		cpu = __atomic_load_n(&area()->cpu_id, __ATOMIC_RELAXED);
		if (cpu == (unsigned int)sched_getcpu())
			break;
	}
	CHECK(i < 100);
	CHECK(area()->cpu_id_start == area()->cpu_id);
	/* Still registered: it cannot be registered again. */
	CHECK_EQ(syscall(SYS_rseq, area(), 32, 0, RSEQ_SIG), -1);
	CHECK(errno == EBUSY || errno == EINVAL);
	return ckpt_pass();
}
