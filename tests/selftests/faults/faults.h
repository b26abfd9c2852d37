/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of failing allocations and user copies share: the n-th that a task
 * makes by way of the module fails, for a kernel with fault injection.
 *
 * /proc/TID/fail-nth holds how many are left until one fails, 0 for none.  What
 * counts is said by the filter for stack traces: only who came through the text of
 * the module.  So a count that has not been used up does no harm to a program that
 * has been restored.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "../api/family.h"
#include <sys/mman.h>

/* Futexes have faults of their own, which the module has nothing to do with: the filter sees to that. */
static const char *const faults_of[] = { "failslab", "fail_page_alloc", "fail_usercopy",
					 "fail_futex" };

static inline void faults_set(const char *of, const char *name, const char *value)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/sys/kernel/debug/%s", of);
	write_text(dir, name, value);
}

/* The first and the last address of a function of the module. */
static inline void faults_text(char *first, char *last, size_t size)
{
	unsigned long address, low = ~0ul, high = 0;
	char line[512], kind;
	FILE *symbols = fopen("/proc/kallsyms", "re");

	CHECK(symbols != NULL);
	while (fgets(line, sizeof(line), symbols)) {
		if (!strstr(line, "[ckpt]") || sscanf(line, "%lx %c", &address, &kind) != 2 ||
		    (kind != 't' && kind != 'T'))
			continue;
		low = address < low ? address : low;
		high = address > high ? address : high;
	}
	fclose(symbols);
	CHECK(low < high);
	snprintf(first, size, "%#lx", low);
	/* The last function has a length, too. */
	snprintf(last, size, "%#lx", high + CKPT_PAGE);
}

/* From now on every allocation and user copy of the module's can fail, and nobody is told. */
static inline void faults_start(void)
{
	char first[32], last[32];
	unsigned int i;

	faults_text(first, last, sizeof(first));
	for (i = 0; i < ARRAY_SIZE(faults_of); i++) {
		faults_set(faults_of[i], "verbose", "0");
		faults_set(faults_of[i], "stacktrace-depth", "32");
		faults_set(faults_of[i], "require-start", first);
		faults_set(faults_of[i], "require-end", last);
	}
	faults_set("failslab", "ignore-gfp-wait", "N");
	faults_set("fail_page_alloc", "ignore-gfp-wait", "N");
	faults_set("fail_page_alloc", "ignore-gfp-highmem", "N");
	faults_set("fail_page_alloc", "min-order", "0");
}

/* The n-th of a task fails; 0: none. */
static inline void faults_arm(pid_t tid, unsigned int n)
{
	char dir[64], text[32];

	snprintf(dir, sizeof(dir), "/proc/%d", tid);
	snprintf(text, sizeof(text), "%u", n);
	write_text(dir, "fail-nth", text);
}

/* Whether one of a task has failed. */
static inline bool faults_happened(pid_t tid)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", tid);
	ckpt_read_file(path, text, sizeof(text));
	return atoi(text) == 0;
}

/* How many failures have led to an error that tells something else. */
static int faults_wrong;
static int faults_log = -1;

/* A new log for the next attempt. */
static inline int faults_new_log(void)
{
	if (faults_log < 0)
		faults_log = SYS(memfd_create("log", MFD_CLOEXEC));
	SYS(ftruncate(faults_log, 0));
	SYS(lseek(faults_log, 0, SEEK_SET));
	return faults_log;
}

/*
 * What may come of a failure: the error of what has failed. All that do not fit are told.
 * madvise(2) and mlock(2) say EAGAIN when there is no memory.
 */
static inline void faults_fit(int who, unsigned int n, int error)
{
	char said[2048];
	ssize_t length;

	if (error == 0 || error == ENOMEM || error == EFAULT || error == EAGAIN)
		return;
	length = pread(faults_log, said, sizeof(said) - 1, 0);
	said[length > 0 ? length : 0] = '\0';
	dprintf(STDERR_FILENO, "fault %u of %d: %s: %s\n", n, who, strerror(error), said);
	faults_wrong++;
}

/* An image in memory: a file system would have errors of its own. */
static inline int faults_image(void)
{
	return SYS(memfd_create("image", MFD_CLOEXEC));
}

/* Memory of several kinds, looked at again before the end. */
static inline void faults_kinds(void)
{
	unsigned char *own = ckpt_anon(600 * CKPT_PAGE), *of_file;
	int fd = new_file("mapped");

	SYS(ftruncate(fd, 8 * CKPT_PAGE));
	of_file = mmap(NULL, 8 * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(of_file != MAP_FAILED);
	SYS(close(fd));
	ckpt_fill_pattern(own, 40 * CKPT_PAGE, 3);
	ckpt_fill_pattern(own + 100 * CKPT_PAGE, 5 * CKPT_PAGE, 4);
	SYS(mprotect(own + 100 * CKPT_PAGE, 5 * CKPT_PAGE, PROT_READ));
	SYS(madvise(own + 200 * CKPT_PAGE, 50 * CKPT_PAGE, MADV_DONTFORK));
	SYS(mlock(own + 300 * CKPT_PAGE, 4 * CKPT_PAGE));
	ckpt_fill_pattern(of_file, 2 * CKPT_PAGE, 5);
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	ckpt_check_pattern(own, 40 * CKPT_PAGE, 3);
	ckpt_check_pattern(own + 100 * CKPT_PAGE, 5 * CKPT_PAGE, 4);
	ckpt_check_pattern(of_file, 2 * CKPT_PAGE, 5);
	_exit(TARGET_EXIT);
}

static inline void *faults_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* A process of three threads. */
static inline void faults_threads(void)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, faults_thread, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, faults_thread, NULL), 0);
	target_waits();
}

#endif /* FAULTS_H */
