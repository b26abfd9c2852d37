/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every selftest is written against.
 *
 * A test sets some state up, calls ckpt_ready(), looks whether the state is
 * still there and returns ckpt_pass().  Between READY and GO the runner may
 * have saved it, killed it and brought it back; the test is not told.  A test
 * whose point is to be inside a system call says ckpt_announce() instead and
 * makes that call.
 *
 * READY and GO are files in the test's own directory, so that the test holds
 * no descriptor but 0, 1 and 2: /dev/null and a regular file.
 *
 * Lines "// KEY: value" in the comment at the head of a test tell the runner
 * how to treat it; Documentation/testing.md lists them.
 */
#ifndef CKPT_TEST_H
#define CKPT_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CKPT_SKIP 77
#define CKPT_PAGE 4096ul
#define CKPT_GO_SECONDS ckpt_patience(180)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The directory that holds READY and GO, as this process sees it. */
static char ckpt_dir[PATH_MAX] = "";

/* A limit for this machine: with a kernel that looks at everything, all takes longer. */
__attribute__((unused)) static int ckpt_patience(int limit)
{
	const char *factor = getenv("CKPT_TIME_FACTOR");

	return factor ? limit * atoi(factor) : limit;
}

/* Called when a test fails, before it exits: tests of several tasks tell the others. */
static void (*ckpt_at_fail)(void);

/* Ends the test: what follows is printed and the exit status is a failure. */
__attribute__((noreturn, format(printf, 3, 4), unused)) static void
ckpt_fail_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	dprintf(STDERR_FILENO, "%s:%d: ", file, line);
	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "\n");
	if (ckpt_at_fail)
		ckpt_at_fail();
	_exit(1);
}

#define ckpt_fail(...) ckpt_fail_at(__FILE__, __LINE__, __VA_ARGS__)

/* Ends the test: it cannot be made here, for this reason. */
__attribute__((noreturn, unused)) static void ckpt_skip(const char *reason)
{
	dprintf(STDERR_FILENO, "skip: %s\n", reason);
	_exit(CKPT_SKIP);
}

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			ckpt_fail("not so: %s", #condition);                   \
	} while (0)

/* A system call that has to succeed; its value. */
#define SYS(call)                                                              \
	({                                                                     \
		__typeof__(call) sys_result = (call);                          \
		if (sys_result == (__typeof__(call))-1)                        \
			ckpt_fail("%s: %s", #call, strerror(errno));           \
		sys_result;                                                    \
	})

/* A system call that has to fail with this error. */
#define CHECK_ERRNO(call, error)                                               \
	do {                                                                   \
		long errno_result = (long)(call);                              \
		int errno_seen = errno;                                        \
		if (errno_result != -1)                                        \
			ckpt_fail("%s gave %ld, wanted %s", #call,             \
				  errno_result, #error);                       \
		if (errno_seen != (error))                                     \
			ckpt_fail("%s: %s, wanted %s", #call,                  \
				  strerror(errno_seen), #error);               \
	} while (0)

#define CHECK_EQ(left, right)                                                  \
	do {                                                                   \
		long long left_value = (long long)(left);                      \
		long long right_value = (long long)(right);                    \
		if (left_value != right_value)                                 \
			ckpt_fail("%s is %lld (%#llx), wanted %s = %lld (%#llx)", \
				  #left, left_value, left_value, #right,       \
				  right_value, right_value);                   \
	} while (0)

#define CHECK_STR(left, right)                                                 \
	do {                                                                   \
		const char *left_text = (left), *right_text = (right);         \
		if (strcmp(left_text, right_text) != 0)                        \
			ckpt_fail("%s is \"%s\", wanted \"%s\"", #left,        \
				  left_text, right_text);                      \
	} while (0)

static inline void ckpt_path(char *path, const char *name)
{
	if (ckpt_dir[0] == '\0') {
		const char *dir = getenv("CKPT_DIR");

		snprintf(ckpt_dir, sizeof(ckpt_dir), "%s", dir ? dir : ".");
	}
	if (snprintf(path, PATH_MAX, "%s/%s", ckpt_dir, name) >= PATH_MAX)
		ckpt_fail("the path of %s is too long", name);
}

/* Says READY and goes on. */
static inline void ckpt_announce(void)
{
	char path[PATH_MAX];
	int fd;

	ckpt_path(path, "ready");
	fd = SYS(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	SYS(close(fd));
}

static inline bool ckpt_gone(void)
{
	char path[PATH_MAX];

	ckpt_path(path, "go");
	return access(path, F_OK) == 0;
}

/* Waits for GO. */
static inline void ckpt_wait_go(void)
{
	const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
	int left;

	for (left = CKPT_GO_SECONDS * 100; !ckpt_gone(); left--) {
		if (left == 0)
			ckpt_fail("no GO within %d seconds", CKPT_GO_SECONDS);
		nanosleep(&tick, NULL);
	}
}

/* Says READY and waits for GO: in between the world may have ended. */
static inline void ckpt_ready(void)
{
	ckpt_announce();
	ckpt_wait_go();
}

static inline int ckpt_pass(void)
{
	return 0;
}

/* CLOCK_MONOTONIC in milliseconds. */
static inline int64_t ckpt_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* A number that looks random and depends on its arguments only. */
static inline uint64_t ckpt_mix(uint64_t seed, uint64_t index)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ull + index + 1;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* Fills memory with numbers that ckpt_check_pattern() knows again. */
static inline void ckpt_fill_pattern(void *start, size_t length, uint64_t seed)
{
	uint64_t *word = start;
	size_t i;

	for (i = 0; i < length / sizeof(*word); i++)
		word[i] = ckpt_mix(seed, i);
}

static inline void ckpt_check_pattern(const void *start, size_t length, uint64_t seed)
{
	const uint64_t *word = start;
	size_t i;

	for (i = 0; i < length / sizeof(*word); i++)
		if (word[i] != ckpt_mix(seed, i))
			ckpt_fail("%p + %#zx holds %#llx, wanted %#llx", start,
				  i * sizeof(*word), (unsigned long long)word[i],
				  (unsigned long long)ckpt_mix(seed, i));
}

static inline void *ckpt_map(size_t length, int prot, int flags)
{
	void *at = mmap(NULL, length, prot, flags, -1, 0);

	if (at == MAP_FAILED)
		ckpt_fail("mmap of %zu bytes: %s", length, strerror(errno));
	return at;
}

/* Private anonymous memory that can be read and written. */
static inline void *ckpt_anon(size_t length)
{
	return ckpt_map(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* Makes a file in the current directory that holds this text. */
static inline void ckpt_write_file(const char *name, const void *data, size_t length)
{
	int fd = SYS(open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));

	CHECK_EQ(SYS(write(fd, data, length)), (ssize_t)length);
	SYS(close(fd));
}

/* Reads a whole small file; the result is terminated and static. */
static inline size_t ckpt_read_file(const char *name, char *buffer, size_t size)
{
	int fd = SYS(open(name, O_RDONLY | O_CLOEXEC));
	size_t length = 0;
	ssize_t step;

	while ((step = SYS(read(fd, buffer + length, size - 1 - length))) > 0)
		length += step;
	buffer[length] = '\0';
	SYS(close(fd));
	return length;
}

/*
 * Starts a helper that is nobody's child here (it belongs to the runner): the
 * test itself keeps having no children.  Returns the helper's pid.
 */
static inline pid_t ckpt_helper(void (*run)(void *), void *argument)
{
	pid_t *helper = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS);
	pid_t child = SYS(fork()), result;
	int status;

	if (child == 0) {
		pid_t grandchild = fork();

		if (grandchild == 0) {
			run(argument);
			_exit(0);
		}
		*helper = grandchild;
		_exit(grandchild < 0);
	}
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, 0);
	result = *helper;
	SYS(munmap(helper, CKPT_PAGE));
	return result;
}

#endif /* CKPT_TEST_H */
