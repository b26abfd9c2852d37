// SPDX-License-Identifier: GPL-2.0-only
//
// Threads and processes that begin, exit and exec all the time, whenever the tree is
// frozen: everybody goes on with it.
//
// MODES: -no-capture -pipe -twice
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <pthread.h>
#include <sys/prctl.h>

#define WORKERS 3

/* What has been done, by whomever: a shared mapping of the file "churn". */
struct churn {
	uint32_t threads, forks, execs, leaders;
	uint32_t stop;
};

static struct churn *churn;
static char program[PATH_MAX];

static void map_churn(int flags)
{
	int fd = SYS(open("churn", O_RDWR | O_CLOEXEC | flags, 0666));

	SYS(ftruncate(fd, sizeof(*churn)));
	churn = mmap(NULL, sizeof(*churn), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(churn != MAP_FAILED);
	SYS(close(fd));
}

static void count(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

static void start(pthread_t *thread, void *(*run)(void *))
{
	CHECK_EQ(pthread_create(thread, NULL, run, NULL), 0);
}

static void *exits(void *unused)
{
	count(&churn->threads);
	return unused;
}

/* The process becomes another program, whose other thread is still there. */
static void *execs(void *unused)
{
	execl(program, program, "leaf", NULL);
	ckpt_fail("exec: %s", strerror(errno));
	return unused;
}

/* The process lives on without its first thread. */
static void *outlives(void *unused)
{
	usleep(1000);
	count(&churn->leaders);
	_exit(0);
	return unused;
}

static void in_child(void (*run)(void))
{
	pid_t pid = SYS(fork());
	int status;

	if (pid == 0) {
		run();
		_exit(0);
	}
	SYS(waitpid(pid, &status, 0));
	/* Somebody from outside may kill whom he likes. */
	CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

static void just_ends(void)
{
	count(&churn->forks);
}

static void thread_execs(void)
{
	pthread_t thread;

	start(&thread, execs);
	for (;;)
		pause();
}

static void leader_ends(void)
{
	pthread_t thread;

	start(&thread, outlives);
	pthread_exit(NULL);
}

static void works(void)
{
	pthread_t thread;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	while (!__atomic_load_n(&churn->stop, __ATOMIC_SEQ_CST)) {
		start(&thread, exits);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		in_child(just_ends);
		in_child(thread_execs);
		in_child(leader_ends);
	}
}

static pid_t hire(void)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		works();
		_exit(0);
	}
	return pid;
}

/* Whoever has been killed is replaced. */
static void replace(pid_t *workers)
{
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (i = 0; i < WORKERS; i++)
			if (workers[i] == pid)
				workers[i] = hire();
}

/* Whether everything has happened since then. */
static bool went_on(const struct churn *before)
{
	return churn->threads > before->threads && churn->forks > before->forks &&
	       churn->execs > before->execs && churn->leaders > before->leaders;
}

int main(int argc, char **argv)
{
	struct churn before = { 0 };
	pid_t workers[WORKERS];
	int i, status;

	if (argc > 1 && strcmp(argv[1], "leaf") == 0) {
		map_churn(0);
		count(&churn->execs);
		return 0;
	}
	SYS(readlink("/proc/self/exe", program, sizeof(program) - 1));
	map_churn(O_CREAT | O_TRUNC);
	/* Orphans of killed workers stay in the tree. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (i = 0; i < WORKERS; i++)
		workers[i] = hire();
	while (!went_on(&before))
		usleep(1000);
	ckpt_announce();
	while (!ckpt_gone()) {
		replace(workers);
		usleep(2000);
	}
	before = *churn;
	while (!went_on(&before))
		usleep(1000);
	churn->stop = 1;
	while (wait(&status) > 0)
		CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	return ckpt_pass();
}
