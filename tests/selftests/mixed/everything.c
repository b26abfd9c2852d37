// SPDX-License-Identifier: GPL-2.0-only
//
// A process with something of everything that can be saved. Its image is also the one that is
// damaged in many ways to see whether that is noticed.
#include "../memory/guard.h"
#include "../seccomp/filters.h"
#include "../tty/tty.h"
#include <sys/prctl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

static int end[2], counter, timerfd, signals, itself, set, master, slave, memfd, watches, status,
	   version;
static int fifo, spare[2];
static int armed, expired, waiting, of_thread;

/* The first of all: what is made of another opener's file is tried with all that come behind it. */
static void open_as_another(void)
{
	SYS(setresuid(-1, geteuid() == 0 ? 65534 : -1, -1));
	version = SYS(open("/proc/version", O_RDONLY));
	SYS(setresuid(-1, getuid(), -1));
	/* It is not any more for a task that has changed its user. */
	SYS(prctl(PR_SET_DUMPABLE, 1));
}

static int make_timer(clockid_t clock, int notify, int signal, long value, long interval)
{
	const struct itimerspec spec = {
		.it_value = { .tv_sec = value / 1000000000, .tv_nsec = value % 1000000000 },
		.it_interval.tv_sec = interval,
	};
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = signal,
				  .sigev_value.sival_int = 75 };
	int id;

	event._sigev_un._tid = getpid();
	SYS(syscall(SYS_timer_create, clock, &event, &id));
	SYS(syscall(SYS_timer_settime, id, 0, &spec, NULL));
	return id;
}

/* One that runs, one whose signal is queued, one whose signal is ignored, and one of the thread. */
static void make_timers(void)
{
	armed = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGALRM, 5000000000000, 7);
	expired = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 2, 1, 5000);
	waiting = make_timer(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGUSR2, 1, 5000);
	of_thread = make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_THREAD_ID, SIGALRM, 5000000000000, 0);
	usleep(20000);
}

static void check_timers(void)
{
	const int all[] = { armed, expired, waiting, of_thread };
	struct itimerspec left;
	siginfo_t info;
	sigset_t mask;
	size_t i;

	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + 2);
	CHECK_EQ(sigtimedwait(&mask, &info, &(struct timespec){ 0 }), SIGRTMIN + 2);
	CHECK_EQ(info.si_timerid, expired);
	CHECK_EQ(info.si_int, 75);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		SYS(syscall(SYS_timer_gettime, all[i], &left));
		CHECK(left.it_value.tv_sec > 4000 && left.it_value.tv_sec <= 5000);
	}
}

static void make_special(const sigset_t *mask)
{
	const struct itimerspec hours = { .it_value.tv_sec = 5000, .it_interval.tv_sec = 7 };
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 72 };

	SYS(pipe(spare));
	SYS(pipe2(end, O_DIRECT));
	CHECK_EQ(write(end[1], "packet", 6), 6);
	SYS(fcntl(end[1], F_SETFL, 0));
	CHECK_EQ(write(end[1], "bytes", 5), 5);
	SYS(mkfifo("fifo", 0600));
	fifo = SYS(open("fifo", O_RDWR | O_NONBLOCK));
	CHECK_EQ(write(fifo, "named", 5), 5);
	SYS(fcntl(end[0], F_SETOWN, getpid()));
	SYS(fcntl(end[0], F_SETSIG, SIGRTMIN + 1));
	SYS(fcntl(end[0], F_SETFL, O_ASYNC));
	counter = SYS(eventfd(73, EFD_NONBLOCK));
	timerfd = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	SYS(timerfd_settime(timerfd, 0, &hours, NULL));
	signals = SYS(signalfd(-1, mask, 0));
	tty_pair(&master, &slave);
	tty_quiet(slave);
	tty_write(master, "line\nhalf");
	tty_write(slave, "printed\n");
	itself = SYS(syscall(SYS_pidfd_open, getpid(), 0));
	memfd = SYS(memfd_create("sealed", MFD_ALLOW_SEALING));
	CHECK_EQ(pwrite(memfd, "sealed", 6, CKPT_PAGE), 6);
	SYS(fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE));
	status = SYS(open("/proc/self/comm", O_RDONLY));
	CHECK_EQ(SYS(read(status, (char[4]) { 0 }, 4)), 4);
	watches = SYS(inotify_init1(IN_NONBLOCK));
	SYS(inotify_add_watch(watches, ".", IN_DELETE));
	SYS(close(SYS(open("temporary", O_WRONLY | O_CREAT, 0600))));
	SYS(unlink("temporary"));
	set = SYS(epoll_create1(0));
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, timerfd, &event));
}

static void check_special(void)
{
	struct epoll_event event;
	struct itimerspec left;
	struct {
		struct inotify_event head;
		char name[256];
	} deleted;
	char text[16] = "";

	CHECK_EQ(SYS(fcntl(end[0], F_GETOWN)), getpid());
	CHECK_EQ(SYS(fcntl(end[0], F_GETFL)), O_RDONLY | O_ASYNC);
	CHECK_EQ(read(end[0], text, sizeof(text)), 6);
	CHECK_EQ(read(end[0], text, sizeof(text)), 5);
	CHECK_STR(text, "bytest");
	CHECK_EQ(read(fifo, text, sizeof(text)), 5);
	CHECK(memcmp(text, "namedt", 6) == 0);
	CHECK_EQ(write(spare[1], "fresh", 6), 6);
	CHECK_EQ(read(spare[0], text, sizeof(text)), 6);
	CHECK_STR(text, "fresh");
	tty_expect(slave, "line\n");
	tty_expect(master, "printed\r\n");
	CHECK_EQ(pread(memfd, text, 6, CKPT_PAGE), 6);
	CHECK_STR(text, "sealed");
	CHECK_ERRNO(write(memfd, "x", 1), EPERM);
	CHECK_EQ(SYS(read(version, text, 5)), 5);
	CHECK(memcmp(text, "Linux", 5) == 0);
	CHECK_EQ(SYS(read(status, text, sizeof(text))), 7);
	CHECK(memcmp(text, "ything\n", 7) == 0);
	CHECK_EQ(SYS(read(watches, &deleted, sizeof(deleted))), (ssize_t)sizeof(deleted.head) + 16);
	CHECK(deleted.head.wd == 1 && deleted.head.mask == IN_DELETE);
	CHECK_STR(deleted.name, "temporary");
	SYS(timerfd_gettime(timerfd, &left));
	CHECK(left.it_value.tv_sec > 3000 && left.it_interval.tv_sec == 7);
	SYS(syscall(SYS_pidfd_send_signal, itself, 0, NULL, 0));
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 1);
	CHECK_EQ(event.data.u64, 72);
	SYS(eventfd_read(counter, &(eventfd_t) { 0 }));
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 0);
}

int main(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };
	const struct itimerval timer = { .it_value = { .tv_sec = 5000 } };
	unsigned char *anon = ckpt_anon(16 * CKPT_PAGE), *mapped, *read_only;
	unsigned char *together;
	stack_t stack = { .ss_size = 65536 };
	int file, copy, dir, device, deleted, gone, i;
	sigset_t mask;

	open_as_another();
	ckpt_fill_pattern(anon, 8 * CKPT_PAGE, 70);
	(void)!madvise(anon + 12 * CKPT_PAGE, 2 * CKPT_PAGE, MADV_GUARD_INSTALL);
	read_only = ckpt_anon(2 * CKPT_PAGE);
	ckpt_fill_pattern(read_only, CKPT_PAGE, 71);
	SYS(mprotect(read_only, 2 * CKPT_PAGE, PROT_READ));
	file = SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0644));
	CHECK_EQ(write(file, anon, 4 * CKPT_PAGE), (ssize_t)(4 * CKPT_PAGE));
	mapped = mmap(NULL, 4 * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	CHECK(mapped != MAP_FAILED);
	mapped[0] ^= 1;
	together = ckpt_map(2 * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	together[CKPT_PAGE] = 74;
	deleted = SYS(open("deleted", O_RDWR | O_CREAT | O_TRUNC, 0644));
	CHECK_EQ(write(deleted, "deleted", 7), 7);
	SYS(unlink("deleted"));
	SYS(mkdir("gone", 0700));
	gone = SYS(open("gone", O_RDONLY | O_DIRECTORY));
	SYS(rmdir("gone"));
	SYS(lseek(file, 100, SEEK_SET));
	copy = SYS(dup(file));
	dir = SYS(open(".", O_RDONLY | O_DIRECTORY));
	device = SYS(open("/dev/zero", O_RDONLY));
	/* A mere place. */
	SYS(open("file", O_PATH));
	SYS(fcntl(file, F_SETLK, &range));
	SYS(flock(dir, LOCK_SH));
	stack.ss_sp = ckpt_anon(stack.ss_size);
	SYS(sigaltstack(&stack, NULL));
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGRTMIN);
	sigaddset(&mask, SIGRTMIN + 2);
	SYS(sigprocmask(SIG_BLOCK, &mask, NULL));
	sigdelset(&mask, SIGRTMIN + 2);
	SYS(kill(getpid(), SIGUSR1));
	for (i = 0; i < 3; i++)
		SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }));
	SYS(setitimer(ITIMER_REAL, &timer, NULL));
	make_special(&mask);
	make_timers();
	filters_no_new_privs();
	filters_deny(SYS_swapoff, EDOM);
	filters_add(SYS_swapoff, SECCOMP_RET_ERRNO | ERANGE, SECCOMP_FILTER_FLAG_LOG);
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_swapoff, "/"), ERANGE);
	filters_are(SECCOMP_MODE_FILTER, 2);
	check_special();
	check_timers();
	ckpt_check_pattern(anon, 8 * CKPT_PAGE, 70);
	ckpt_check_pattern(read_only, CKPT_PAGE, 71);
	CHECK_EQ(mapped[0], anon[0] ^ 1);
	CHECK_EQ(mapped[CKPT_PAGE], anon[CKPT_PAGE]);
	CHECK_EQ(together[CKPT_PAGE], 74);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 100);
	CHECK_EQ(lseek(deleted, 0, SEEK_END), 7);
	CHECK_ERRNO(openat(gone, "x", O_WRONLY | O_CREAT, 0600), ENOENT);
	CHECK(fcntl(dir, F_GETFD) == 0 && fcntl(device, F_GETFD) == 0);
	for (i = 0; i < 3; i++) {
		siginfo_t info;

		CHECK_EQ(sigtimedwait(&mask, &info, &(struct timespec){ 0 }),
			 i == 0 ? SIGUSR1 : SIGRTMIN);
	}
	CHECK_EQ(handled, 0);
	return ckpt_pass();
}
