/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of several tasks share: a page that all of them see, where each
 * registers, waits for GO, looks whether it is still who it was, and reports.
 *
 * The page is a shared mapping of the file "tree" in the test's directory, so
 * that it means the same to a process that was restarted.  The root calls
 * tree_start(), makes its tasks, and calls tree_go(), which says READY to the
 * runner.  Each other task calls tree_wait() when its state is set up, checks
 * what it wants to check and calls tree_report(); tree_fork() and
 * tree_thread() wrap that up.  At the end the root calls tree_end().
 *
 * Nothing here but the failing paths uses errno or the thread-local storage of
 * the C library: a task of clone(CLONE_VM) may do all of it.
 */
#ifndef TREE_H
#define TREE_H

#include "../ckpt_test.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

/* Most tasks of one test. */
#define TREE_MAX 4096
/* How long the root waits for the others. */
#define TREE_SECONDS ckpt_patience(100)

enum tree_phase { TREE_BUILDING, TREE_GOES, TREE_ABORTED };

struct tree_task {
	pid_t pid, tid, ppid, pgid, sid;
	uint32_t reported;
	/* For the test's own use. */
	int32_t value;
};

struct tree {
	uint32_t phase;
	/* Counts everything that happens: the root waits for it to change. */
	uint32_t events;
	uint32_t tasks, ready, reported, failed;
	/* For the test's own use. */
	uint32_t word[64];
	struct tree_task task[TREE_MAX];
};

static struct tree *tree;

/* A system call that leaves errno alone: -errno when it fails. */
static inline long tree_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline uint32_t tree_load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void tree_wake(uint32_t *word)
{
	tree_call(SYS_futex, (long)word, FUTEX_WAKE, INT_MAX, 0, 0);
}

/* Sets a word in shared memory and wakes whoever waits for it. */
static inline void tree_store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	tree_wake(word);
}

/* Adds one to a word in shared memory and wakes whoever waits for it. */
static inline void tree_add(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
	tree_wake(word);
}

/* Sleeps until a word in shared memory is no longer what it was. */
static inline void tree_sleep(uint32_t *word, uint32_t was)
{
	while (tree_load(word) == was)
		tree_call(SYS_futex, (long)word, FUTEX_WAIT, was, 0, 0);
}

/* Sleeps until a word in shared memory is this. */
static inline void tree_until(uint32_t *word, uint32_t wanted)
{
	uint32_t is;

	while ((is = tree_load(word)) != wanted)
		tree_call(SYS_futex, (long)word, FUTEX_WAIT, is, 0, 0);
}

/* Adds one to a counter and tells the root. */
static inline uint32_t tree_count(uint32_t *counter)
{
	uint32_t before = __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);

	tree_add(&tree->events);
	return before;
}

/* Somebody has failed: the root looks at it, the others end. */
static inline void tree_tell_failure(void)
{
	__atomic_store_n(&tree->failed, 1, __ATOMIC_SEQ_CST);
	tree_count(&tree->events);
	tree_store(&tree->phase, TREE_ABORTED);
}

static inline void tree_identify(struct tree_task *task)
{
	task->pid = tree_call(SYS_getpid, 0, 0, 0, 0, 0);
	task->tid = tree_call(SYS_gettid, 0, 0, 0, 0, 0);
	task->ppid = tree_call(SYS_getppid, 0, 0, 0, 0, 0);
	task->pgid = tree_call(SYS_getpgid, 0, 0, 0, 0, 0);
	task->sid = tree_call(SYS_getsid, 0, 0, 0, 0, 0);
}

/* Makes the page; the caller is the root, which has place 0. */
static inline void tree_start(void)
{
	int fd = SYS(open("tree", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));

	SYS(ftruncate(fd, sizeof(*tree)));
	tree = mmap(NULL, sizeof(*tree), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(tree != MAP_FAILED);
	SYS(close(fd));
	ckpt_at_fail = tree_tell_failure;
	tree->tasks = 1;
	tree_identify(&tree->task[0]);
}

/* A place for one more task. */
static inline int tree_place(void)
{
	uint32_t place = __atomic_fetch_add(&tree->tasks, 1, __ATOMIC_SEQ_CST);

	if (place >= TREE_MAX)
		ckpt_fail("more than %d tasks", TREE_MAX);
	return place;
}

/* Compares the caller with what it was; the root's parent may be another one. */
static inline void tree_check(int place)
{
	struct tree_task *was = &tree->task[place], is;

	tree_identify(&is);
	if (is.pid != was->pid || is.tid != was->tid || (place != 0 && is.ppid != was->ppid) ||
	    is.pgid != was->pgid || is.sid != was->sid)
		ckpt_fail("task %d is pid %d tid %d ppid %d pgid %d sid %d, "
			  "it was pid %d tid %d ppid %d pgid %d sid %d",
			  place, is.pid, is.tid, is.ppid, is.pgid, is.sid, was->pid, was->tid,
			  was->ppid, was->pgid, was->sid);
}

/* Registers the caller, which from here on stays as it is. */
static inline void tree_register(int place)
{
	tree_identify(&tree->task[place]);
	tree_count(&tree->ready);
}

/* Waits for GO. */
static inline void tree_wait_go(void)
{
	tree_sleep(&tree->phase, TREE_BUILDING);
	if (tree_load(&tree->phase) == TREE_ABORTED)
		tree_call(SYS_exit_group, 99, 0, 0, 0, 0);
}

/* Registers the caller, waits for GO and checks who it is. */
static inline int tree_wait(void)
{
	int place = tree_place();

	tree_register(place);
	tree_wait_go();
	tree_check(place);
	return place;
}

static inline void tree_report(int place)
{
	tree->task[place].reported = 1;
	tree_count(&tree->reported);
}

/* Tells which tasks have not reported, and what they do. */
static inline void tree_tell_missing(void)
{
	char path[64], line[400];
	uint32_t i;

	for (i = 1; i < tree->tasks; i++) {
		if (tree->task[i].reported)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", tree->task[i].tid);
		line[0] = '\0';
		if (access(path, F_OK) == 0)
			ckpt_read_file(path, line, sizeof(line));
		line[strcspn(line, "\n")] = '\0';
		dprintf(STDERR_FILENO, "task %u, pid %d tid %d, has not reported: %.80s\n", i,
			tree->task[i].pid, tree->task[i].tid, line);
	}
}

/* Waits until a counter has come so far. */
static inline void tree_wait_count(uint32_t *counter, uint32_t wanted, const char *what)
{
	struct timespec second = { .tv_sec = 1 };
	int left = TREE_SECONDS;

	while (tree_load(counter) < wanted) {
		uint32_t events = tree_load(&tree->events);

		if (tree_load(&tree->failed))
			ckpt_fail("another task has failed");
		if (left == 0) {
			tree_tell_missing();
			ckpt_fail("%u of %u tasks %s", tree_load(counter), wanted, what);
		}
		if (tree_load(counter) < wanted &&
		    tree_call(SYS_futex, (long)&tree->events, FUTEX_WAIT, events, (long)&second,
			      0) == -ETIMEDOUT)
			left--;
	}
}

/* Root: waits until so many others are ready; in here the world may end. */
static inline void tree_go(uint32_t others)
{
	tree_wait_count(&tree->ready, others, "are ready");
	tree_identify(&tree->task[0]);
	ckpt_ready();
	tree_check(0);
	tree_store(&tree->phase, TREE_GOES);
}

/* Root: waits until so many others have reported. */
static inline void tree_end(uint32_t others)
{
	tree_wait_count(&tree->reported, others, "have reported");
}

/* A child that runs a function, which calls tree_wait() or tree_part(), and exits with 0. */
static inline pid_t tree_fork(void (*run)(void *), void *argument)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		run(argument);
		_exit(0);
	}
	return pid;
}

/* All that most tasks do: wait, check, report. */
__attribute__((unused)) static void tree_part(void *argument)
{
	(void)argument;
	tree_report(tree_wait());
}

/* The same as a thread. */
__attribute__((unused)) static void *tree_thread_part(void *argument)
{
	tree_part(argument);
	return argument;
}

static inline pthread_t tree_thread(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, run, argument), 0);
	return thread;
}

static inline void tree_join(pthread_t thread)
{
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

/*
 * A child of clone(2) with these flags and an exit signal.  It has a stack of
 * its own; with CLONE_VM it uses the caller's thread-local storage, so it had
 * better use nothing of the C library that does.
 */
static inline pid_t tree_clone(int (*run)(void *), void *argument, int flags)
{
	char *stack = ckpt_map(65536, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);

	return SYS(clone(run, stack + 65536, flags, argument));
}

/* Waits for a child, however it tells its end: its status as wait(2) gives it. */
static inline int tree_status(pid_t pid)
{
	int status;

	CHECK_EQ(SYS(waitpid(pid, &status, __WALL)), pid);
	return status;
}

/* Waits for a child that has to have exited with 0. */
static inline void tree_reap(pid_t pid)
{
	CHECK_EQ(tree_status(pid), 0);
}

/* Waits for all children, which have to have exited with 0. */
static inline void tree_reap_all(int count)
{
	int status;

	while (count-- > 0) {
		SYS(waitpid(-1, &status, __WALL));
		CHECK_EQ(status, 0);
	}
	CHECK_ERRNO(waitpid(-1, &status, __WALL), ECHILD);
}

/* Whether two tasks share something, by kcmp(2): KCMP_VM, KCMP_FILES... */
static inline bool tree_shared(pid_t one, pid_t other, int what)
{
	return SYS(syscall(SYS_kcmp, one, other, what, 0, 0)) == 0;
}

/* The letter for the state of a task, as /proc gives it. */
static inline char tree_state(pid_t pid)
{
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ckpt_read_file(path, line, sizeof(line));
	return strrchr(line, ')')[2];
}

/* A child that has died and that nobody has waited for yet. */
static inline pid_t tree_zombie(void (*die)(void *), void *argument)
{
	pid_t pid = tree_fork(die, argument);
	siginfo_t info;

	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WALL));
	return pid;
}

#endif /* TREE_H */
