// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors, open files and what is behind them, in several processes, as chance has made them.
// The same calls are made twice: the second graph is saved in the middle, and has to look as the
// first one, which was not.
//
// MODES: +new-pid
// SEEDS: 60
#include "graph_look.h"
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

/* The step that is next. */
#define STEP (&tree->word[0])
#define ABORTED (1u << 30)

/* A descriptor that `wanted` says yes to; -1 for none. */
static int pick(uint64_t number, bool (*wanted)(int fd))
{
	int fds[FD_END], count = 0, fd;

	for (fd = FD_FIRST; fd < FD_END; fd++)
		if (is_open(fd) && wanted(fd))
			fds[count++] = fd;
	return count ? fds[number % count] : -1;
}

static bool any(int fd)
{
	return fd >= 0;
}

static bool is_set(int fd)
{
	return is_kind(fd, "[eventpoll]");
}

static bool is_regular(int fd)
{
	return strncmp(kind_of(fd), "file", 4) == 0;
}

/* Pipes and files more often than others. */
static bool holds_bytes(int fd)
{
	return is_pipe(fd) || is_regular(fd) || is_kind(fd, "[eventfd]");
}

static int open_file(const uint64_t *number)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR | O_APPEND,
				     O_WRONLY | O_APPEND };
	char name[16];

	snprintf(name, sizeof(name), "file%d", (int)(number[0] % 4));
	return open(name, modes[number[1] % ARRAY_SIZE(modes)] | O_CREAT |
			  (number[2] % 4 ? 0 : O_CLOEXEC) | (number[3] % 6 ? 0 : O_SYNC), 0600);
}

static int open_other_file(const uint64_t *number)
{
	switch (number[0] % 4) {
	case 0:
		return open("/dev/null", O_RDWR);
	case 1:
		return open("/dev/zero", O_RDONLY | O_NONBLOCK);
	case 2:
		return open(".", O_RDONLY | O_DIRECTORY | (number[1] % 2 ? O_CLOEXEC : 0));
	default:
		return open(number[1] % 2 ? "." : "/dev/null", O_PATH);
	}
}

static int open_fifo(const uint64_t *number)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	char name[16];

	snprintf(name, sizeof(name), "fifo%d", (int)(number[0] % 2));
	if (mkfifo(name, 0600) < 0 && errno != EEXIST)
		ckpt_fail("mkfifo: %s", strerror(errno));
	return open(name, modes[number[1] % 3] | O_NONBLOCK);
}

static int open_timer(const uint64_t *number)
{
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	int clock = clocks[number[0] % 3], fd = timerfd_create(clock, number[1] % 2 ? TFD_NONBLOCK : 0);
	struct pollfd waits = { .fd = fd, .events = POLLIN };
	struct itimerspec when = { .it_value.tv_sec = 100000 };
	struct timespec now;

	if (fd < 0)
		return fd;
	switch (number[2] % 5) {
	case 0:
		return fd;
	case 1:
		when.it_interval.tv_sec = 50000;
		break;
	case 2:
		SYS(clock_gettime(clock, &now));
		when.it_value.tv_sec += now.tv_sec;
		SYS(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
		return fd;
	case 3:
		when.it_value = (struct timespec){ .tv_nsec = 1 };
		SYS(timerfd_settime(fd, 0, &when, NULL));
		CHECK_EQ(SYS(poll(&waits, 1, -1)), 1);
		return fd;
	}
	SYS(timerfd_settime(fd, 0, &when, NULL));
	return fd;
}

static int open_signals(const uint64_t *number)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + number[0] % 20);
	return signalfd(-1, &mask, number[1] % 2 ? SFD_NONBLOCK : SFD_CLOEXEC);
}

static int change_set(const uint64_t *number)
{
	static const int calls[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD,
				     EPOLL_CTL_DEL };
	struct epoll_event event = { .data.u64 = number[3] };
	int set = pick(number[0], is_set), fd = pick(number[1], any);

	if (set < 0)
		return epoll_create1(0);
	if (number[2] % 8)
		event.events |= EPOLLIN;
	if (number[2] / 8 % 3 == 0)
		event.events |= EPOLLOUT;
	if (number[2] / 32 % 2 == 0)
		event.events |= EPOLLET;
	if (number[2] / 64 % 5 == 0)
		event.events |= EPOLLONESHOT;
	if (number[2] / 512 % 8 == 0)
		event.events |= EPOLLRDHUP | EPOLLPRI;
	return epoll_ctl(set, calls[number[2] / 4096 % ARRAY_SIZE(calls)], fd, &event);
}

static int set_flags(const uint64_t *number)
{
	int fd = pick(number[0], any), flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return flags;
	return fcntl(fd, F_SETFL, flags ^ (number[1] % 2 ? O_NONBLOCK : number[1] % 3 ? O_APPEND : O_DIRECT));
}

static int open_again(const uint64_t *number)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	int fd = pick(number[0], number[2] % 4 ? is_pipe : any);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, modes[number[1] % 3] | O_NONBLOCK);
}

static long transfer(const struct step *step, bool writes)
{
	static uint64_t bytes[1024];
	const uint64_t *number = step->number;
	int fd = pick(number[0], number[2] % 6 ? holds_bytes : any);
	size_t length = number[3] % 3 ? 1 + number[1] % 200 : 1 + number[1] % sizeof(bytes);

	if (fd < 0)
		return 0;
	if (is_kind(fd, "[eventfd]"))
		length = 8;
	ckpt_fill_pattern(bytes, sizeof(bytes), number[1]);
	if (writes && length == 8)
		bytes[0] = number[1] % 20;
	return try(fd, writes, bytes, length);
}

static long move_pages(const uint64_t *number, bool copies)
{
	int from = pick(number[0], copies ? is_pipe : is_regular), to = pick(number[1], is_pipe);
	loff_t at = 0;
	size_t length = 1 + number[2] % 9000;

	return copies ? tee(from, to, length, SPLICE_F_NONBLOCK) :
			splice(from, &at, to, NULL, length, SPLICE_F_NONBLOCK);
}

static int open_pidfd(const struct step *step)
{
	return syscall(SYS_pidfd_open, tree->task[step->other].pid, step->number[0] % 2 ? O_NONBLOCK : 0);
}

static long make_call(const struct step *step)
{
	static const int pipe_flags[] = { 0, 0, O_NONBLOCK, O_CLOEXEC, O_DIRECT };
	const uint64_t *number = step->number;
	int ends[2];

	switch (step->call) {
	case CALL_PIPE:
		return pipe2(ends, pipe_flags[number[0] % ARRAY_SIZE(pipe_flags)]);
	case CALL_FIFO:
		return open_fifo(number);
	case CALL_FILE:
		return open_file(number);
	case CALL_OTHER_FILE:
		return open_other_file(number);
	case CALL_EVENTFD:
		return eventfd(number[0] % 3 ? 0 : number[0] % 20,
			       (number[1] % 3 ? 0 : EFD_SEMAPHORE) | (number[1] % 2 ? EFD_NONBLOCK : 0));
	case CALL_TIMERFD:
		return open_timer(number);
	case CALL_SIGNALFD:
		return open_signals(number);
	case CALL_PIDFD:
		return open_pidfd(step);
	case CALL_EPOLL:
		return epoll_create1(number[0] % 2 ? EPOLL_CLOEXEC : 0);
	case CALL_DUP:
		return fcntl(pick(number[0], any), number[1] % 2 ? F_DUPFD : F_DUPFD_CLOEXEC,
			     number[2] % 100);
	case CALL_DUP_TO:
		return dup3(pick(number[0], any), FD_FIRST + number[1] % (number[2] % 4 ? 30 : 250),
			    number[3] % 3 ? 0 : O_CLOEXEC);
	case CALL_CLOSE:
		return close(pick(number[0], any));
	case CALL_REOPEN:
		return open_again(number);
	case CALL_CLOEXEC:
		return fcntl(pick(number[0], any), F_SETFD, number[1] % 2 ? FD_CLOEXEC : 0);
	case CALL_FLAGS:
		return set_flags(number);
	case CALL_PIPE_SIZE:
		/*
		 * A slot may hold less than a page, and a restart fills them: how full a pipe is
		 * for those who write can be compared only if it has room enough.
		 */
		return fcntl(pick(number[0], is_pipe), F_SETPIPE_SZ, 1 << (18 + number[1] % 3));
	case CALL_WRITE:
		return transfer(step, true);
	case CALL_READ:
		return transfer(step, false);
	case CALL_SEEK:
		return lseek(pick(number[0], is_regular), number[1] % 5000, SEEK_SET);
	case CALL_SPLICE:
		return move_pages(number, false);
	case CALL_TEE:
		return move_pages(number, true);
	case CALL_EPOLL_CTL:
		return change_set(number);
	case CALL_UNSHARE:
		return unshare(CLONE_FILES);
	default:
		return 0;
	}
}

static void part(int me, int from, bool saves);

/* Makes a process, which goes on with the next step. */
static void make_process(const struct step *step, bool saves)
{
	int flags = SIGCHLD | (step->number[0] % 3 ? 0 : CLONE_FILES);
	pid_t pid = SYS(syscall(SYS_clone, flags, 0, 0, 0, 0));

	if (pid == 0) {
		part(step->other, step - steps + 1, saves);
		_exit(0);
	}
	tree->task[step->other].pid = pid;
}

static void await_exit(int process)
{
	const struct timespec tick = { .tv_nsec = 300000 };

	while (tree_state(tree->task[process].pid) != 'Z')
		nanosleep(&tick, NULL);
}

static void take_step(const struct step *step, bool saves)
{
	int me = step->process, set;
	long result;

	switch (step->call) {
	case CALL_FORK:
		return make_process(step, saves);
	case CALL_EXIT:
	case END:
		return;
	case AWAIT_EXIT:
		return await_exit(step->other);
	case SAVE:
		if (saves)
			ckpt_ready();
		return;
	case SAY_WHO:
		tree->task[me].pid = getpid();
		return;
	case LOOK:
		return look(me);
	case COMPARE:
		return compare();
	case LOOK_AT_SETS:
		return look_at_sets(me);
	case DRAIN:
		return drain(me);
	case FILL:
		return fill(me);
	case CALL_EPOLL_WAIT:
		set = pick(step->number[0], is_set);
		note("step %d:", (int)(step - steps));
		note_ready(set);
		note("\n");
		return;
	default:
		result = make_call(step);
		note("step %d, call %d: %ld\n", (int)(step - steps), step->call,
		     result < 0 ? -(long)errno : result);
	}
}

/* What a process does, from a step on. It comes back when its last one is over. */
static void part(int me, int from, bool saves)
{
	uint32_t is;
	int i;

	for (i = from; i < nr_steps; i++) {
		bool ends = steps[i].call == CALL_EXIT || steps[i].call == END;

		if (steps[i].process != me)
			continue;
		while ((is = tree_load(STEP)) < (uint32_t)i)
			tree_call(SYS_futex, (long)STEP, FUTEX_WAIT, is, 0, 0);
		if (is == ABORTED)
			_exit(99);
		take_step(&steps[i], saves);
		if (log_used)
			note_flush();
		tree_store(STEP, i + 1);
		if (ends)
			return;
	}
}

static void abort_all(void)
{
	tree_store(STEP, ABORTED);
}

/* Makes all calls of the plan, with all processes that they need, in a directory of its own. */
static void run(const char *directory, bool saves)
{
	int status, processes = 1;

	SYS(mkdir(directory, 0700));
	SYS(chdir(directory));
	/* Its name is seen. */
	SYS(mkdir("graph", 0700));
	SYS(chdir("graph"));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree->task[0].pid = getpid();
	tree_store(STEP, 0);
	part(0, 0, saves);
	while (waitpid(-1, &status, 0) > 0) {
		CHECK_EQ(status, 0);
		processes++;
	}
	CHECK_EQ(processes, nr_processes);
}

/* The two logs have to be the same; the first line that is different is told. */
static void compare_logs(void)
{
	static char text[2][1 << 20];
	char *want = text[0], *is = text[1];

	ckpt_read_file("../../reference/graph/log", want, sizeof(text[0]));
	ckpt_read_file("log", is, sizeof(text[1]));
	CHECK(*want != '\0');
	while (*want && *want == *is) {
		want++;
		is++;
	}
	if (*want == *is)
		return;
	while (want > text[0] && want[-1] != '\n') {
		want--;
		is--;
	}
	want[strcspn(want, "\n")] = '\0';
	is[strcspn(is, "\n")] = '\0';
	ckpt_fail("after the restart: \"%s\", wanted: \"%s\"", is, want);
}

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	pid_t reference;

	plan_make(argc > 1 ? strtoull(argv[1], NULL, 10) : number_of("CKPT_SEED"),
		  argc > 2 ? atoi(argv[2]) : (int)number_of("CKPT_SIZE"));
	signal(SIGPIPE, SIG_IGN);
	close_range(FD_FIRST, ~0u, 0);
	tree_start();
	ckpt_at_fail = abort_all;
	reference = SYS(fork());
	if (reference == 0) {
		run("reference", false);
		_exit(0);
	}
	tree_reap(reference);
	run("saved", true);
	compare_logs();
	return ckpt_pass();
}
