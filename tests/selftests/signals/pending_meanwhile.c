// SPDX-License-Identifier: GPL-2.0-only
//
// A queued signal that arrives while a stopped process is saved is in the image with its
// siginfo, or not at all.
//
// MODES: plain
#include "../rights/forge.h"
#include <sys/resource.h>

#define QUEUED 10000
#define FIRST 41
#define ROUNDS 20

enum { SIGPENDING = 604 };

struct forge_pending {
	uint64_t set;
	uint32_t count, reserved;
};

static int64_t nanoseconds(void)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void blocks_all(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, NULL));
	raise(SIGSTOP);
	_exit(0);
}

static pid_t stopped(void)
{
	pid_t pid = SYS(fork());
	int status, i;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0u, 0);
		blocks_all();
	}
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	/* So many that it takes a while to copy them: who sends one waits for that. */
	for (i = 0; i < QUEUED; i++)
		SYS(sigqueue(pid, FIRST - 1, (union sigval){ .sival_int = i }));
	return pid;
}

/* Sends one signal after the other while the process is saved. */
static pid_t sends(pid_t target, int64_t span)
{
	pid_t pid = SYS(fork());
	int64_t end;
	int signal;

	if (pid)
		return pid;
	for (signal = FIRST; signal <= 64; signal++) {
		end = nanoseconds() + span / 24;
		while (nanoseconds() < end)
			;
		SYS(sigqueue(target, signal, (union sigval){ .sival_int = signal }));
	}
	_exit(0);
}

/* The signals of a queue that have an entry. */
static uint64_t described(const struct forged *image, struct forge_record *record, uint32_t count)
{
	const siginfo_t *entry;
	uint64_t set = 0;
	uint32_t i;

	record = forge_next(image, record);
	for (i = 0; i < count; i++) {
		entry = (const void *)(record->body + sizeof(uint64_t) + i * 56ul);
		set |= 1ull << (entry->si_signo - 1);
	}
	return set;
}

static void check(const struct forged *image)
{
	struct forge_record *record;
	struct forge_pending pending;
	uint64_t lost;

	for (record = forge_next(image, NULL); record; record = forge_next(image, record)) {
		if (record->kind != SIGPENDING)
			continue;
		memcpy(&pending, record->body, sizeof(pending));
		lost = pending.set & ~described(image, record, pending.count);
		if (lost)
			ckpt_fail("signals without siginfo: %#llx", (unsigned long long)lost);
	}
}

int main(void)
{
	struct rlimit many = { 4 * QUEUED, 4 * QUEUED };
	int fd = new_file("image"), saved = 0, round;
	struct forged image;
	int64_t start, span = 0;
	pid_t pid, sender;

	SYS(setrlimit(RLIMIT_SIGPENDING, &many));
	device();
	for (round = 0; round < ROUNDS; round++) {
		pid = stopped();
		sender = span ? sends(pid, span) : 0;
		SYS(ftruncate(fd, 0));
		SYS(lseek(fd, 0, SEEK_SET));
		start = nanoseconds();
		if (ckpt_checkpoint_flags(pid, fd, STDERR_FILENO, CHECKPOINT_SUBTREE) > 0) {
			image = forge_read(fd);
			check(&image);
			free(image.bytes);
			saved++;
		}
		span = span ?: nanoseconds() - start;
		if (sender)
			CHECK_EQ(exit_status(sender), 0);
		SYS(kill(pid, SIGKILL));
		SYS(waitpid(pid, NULL, 0));
	}
	CHECK(saved > ROUNDS / 2);
	return ckpt_pass();
}
