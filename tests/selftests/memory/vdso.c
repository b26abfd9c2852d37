// SPDX-License-Identifier: GPL-2.0-only
//
// The vDSO is where it was and works: clocks read through it agree with the
// system calls.
#include "../ckpt_test.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>

static int64_t through_vdso(clockid_t clock)
{
	struct timespec time;

	SYS(clock_gettime(clock, &time));
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int64_t through_kernel(clockid_t clock)
{
	struct timespec time;

	SYS(syscall(SYS_clock_gettime, clock, &time));
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(void)
{
	const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
				     CLOCK_REALTIME_COARSE };
	unsigned long address = getauxval(AT_SYSINFO_EHDR);
	size_t i;

	if (address == 0)
		ckpt_skip("no vDSO here");
	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		through_vdso(clocks[i]);
	ckpt_ready();
	CHECK_EQ(getauxval(AT_SYSINFO_EHDR), address);
	CHECK_EQ(memcmp((void *)address, ELFMAG, SELFMAG), 0);
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		int64_t before = through_kernel(clocks[i]), between = through_vdso(clocks[i]);

		/* The coarse clock may be a tick behind. */
		CHECK(between >= before - 20000000 && between <= through_kernel(clocks[i]));
	}
	CHECK(time(NULL) > 1000000000);
	CHECK_EQ(gettimeofday(&(struct timeval){ 0 }, NULL), 0);
	return ckpt_pass();
}
