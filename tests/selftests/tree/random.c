// SPDX-License-Identifier: GPL-2.0-only
//
// A tree that chance has made: processes, threads, sessions, groups, zombies,
// stopped ones, orphans, tasks that share this or that. Everybody has to be who
// they were and to share what they shared.
//
// SEEDS: 200
#include "random_plan.h"
#include <linux/kcmp.h>
#include <sys/resource.h>

/*
 * The tasks go through a list of steps, one after the other.  The root says
 * which step it is, does its own part and waits until all whom the step is about
 * have told that it is done.
 */
enum phase { CREATE, OWN_GROUP, JOIN_GROUP, DEATH, FLUSH, RECORD, STOP, SAVE, VERIFY, CONTINUE,
	     ZOMBIE, END };

struct step {
	enum phase phase;
	int node;
};

static struct step steps[8 * NODES_MAX];
static int nr_steps;

#define STEP (&tree->word[0])
#define DONE (&tree->word[1])

/* What a task finds out about itself, before and after. */
struct facts {
	pid_t pid, tid, ppid, pgid, sid;
	int pdeath, umask;
	long offset;
	uint64_t mask, pending;
	char name[16];
};

struct record {
	struct facts facts;
	siginfo_t death;
	/* Of a process: signals about its children that have come, and when that was noted. */
	uint32_t signals, signals_noted;
};

static struct record *records;

/* What a task has on its own stack: tasks may share all of their memory. */
struct self {
	int node, file;
	unsigned char *memory;
};

static void add_step(enum phase phase, int node)
{
	steps[nr_steps++] = (struct step){ phase, node };
}

static void make_steps(void)
{
	int i;

	add_step(CREATE, -1);
	for (i = 1; i < plan.count; i++)
		if (plan.node[i].own_group)
			add_step(OWN_GROUP, i);
	for (i = 1; i < plan.count; i++)
		if (plan.node[i].joins >= 0)
			add_step(JOIN_GROUP, i);
	for (i = 1; i < plan.count; i++)
		if (!lives(i) && plan.node[i].fate != ENDS_WITH_PROCESS)
			add_step(DEATH, i);
	add_step(FLUSH, -1);
	add_step(RECORD, -1);
	for (i = plan.count - 1; i > 0; i--)
		if (plan.node[i].stops)
			add_step(STOP, i);
	add_step(SAVE, -1);
	add_step(VERIFY, -1);
	for (i = 1; i < plan.count; i++)
		if (plan.node[i].stops)
			add_step(CONTINUE, i);
	for (i = 1; i < plan.count; i++)
		if (plan.node[i].fate == BECOMES_ZOMBIE)
			add_step(ZOMBIE, i);
	for (i = plan.count - 1; i > 0; i--)
		if (!plan.node[i].thread && !process_dies(i))
			add_step(END, i);
}

static bool is_stopped(int i)
{
	return plan.node[plan.node[i].process].stops;
}

/* How many have to tell that a step is done. */
static uint32_t answers(const struct step *step)
{
	uint32_t count = 0;
	int i;

	for (i = 0; i < plan.count; i++)
		switch (step->phase) {
		case CREATE:
			count++;
			break;
		case FLUSH:
		case RECORD:
			count += lives(i);
			break;
		case VERIFY:
			count += lives(i) && !is_stopped(i);
			break;
		case CONTINUE:
			count += lives(i) && plan.node[i].process == step->node;
			break;
		default:
			break;
		}
	/* Whoever waits for the node that the step is about, or the node itself. */
	return count + (step->node >= 0);
}

static char state_of(pid_t tid)
{
	char path[64], line[512], *at;
	long fd, length;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = tree_call(SYS_open, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return 0;
	length = tree_call(SYS_read, fd, (long)line, sizeof(line) - 1, 0, 0);
	tree_call(SYS_close, fd, 0, 0, 0, 0);
	if (length <= 0)
		return 0;
	line[length] = '\0';
	at = strrchr(line, ')');
	return at ? at[2] : 0;
}

static void nap(void)
{
	struct timespec tick = { .tv_nsec = 300000 };

	tree_call(SYS_nanosleep, (long)&tick, 0, 0, 0, 0);
}

static void until_state(pid_t tid, char wanted)
{
	int tries;

	for (tries = 0; state_of(tid) != wanted; tries++) {
		if (tries == ckpt_patience(50000))
			ckpt_fail("task %d is in state %c, wanted %c", tid, state_of(tid), wanted);
		nap();
	}
}

static void handler(int signal)
{
	pid_t pid = tree_call(SYS_getpid, 0, 0, 0, 0, 0);
	int i;

	(void)signal;
	for (i = 0; i < plan.count; i++)
		if (!plan.node[i].thread && records[i].facts.pid == pid)
			__atomic_fetch_add(&records[i].signals, 1, __ATOMIC_SEQ_CST);
}

static int task(void *argument);

static void create(int i)
{
	const struct node *node = &plan.node[i];
	int flags = node->flags | (node->thread ? 0 : node->exit_signal) |
		    (node->sibling ? CLONE_PARENT : 0);
	long stack = tree_call(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (stack < 0 && stack > -4096)
		ckpt_fail("memory for a stack: %ld", -stack);
	if (clone(task, (char *)stack + 65536, flags, (void *)(long)i) < 0)
		ckpt_fail("clone of %d with %#x: %s", i, flags, strerror(errno));
}

/* Finds out about the caller. What an owner alone may look at stays 0 for others. */
static struct facts find_out(const struct self *self)
{
	const struct node *node = &plan.node[self->node];
	struct facts facts = {
		.pid = tree_call(SYS_getpid, 0, 0, 0, 0, 0),
		.tid = tree_call(SYS_gettid, 0, 0, 0, 0, 0),
		.ppid = self->node == 0 ? 0 : tree_call(SYS_getppid, 0, 0, 0, 0, 0),
		.pgid = tree_call(SYS_getpgid, 0, 0, 0, 0, 0),
		.sid = tree_call(SYS_getsid, 0, 0, 0, 0, 0),
	};

	tree_call(SYS_prctl, PR_GET_PDEATHSIG, (long)&facts.pdeath, 0, 0, 0);
	tree_call(SYS_prctl, PR_GET_NAME, (long)facts.name, 0, 0, 0);
	tree_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&facts.mask, 8, 0);
	tree_call(SYS_rt_sigpending, (long)&facts.pending, 8, 0, 0, 0);
	if (self->file >= 0)
		facts.offset = tree_call(SYS_lseek, self->file, 0, SEEK_CUR, 0, 0);
	if (!(node->flags & CLONE_FS)) {
		facts.umask = tree_call(SYS_umask, 0, 0, 0, 0, 0);
		tree_call(SYS_umask, facts.umask, 0, 0, 0, 0);
	}
	return facts;
}

static void set_up(struct self *self)
{
	const struct node *node = &plan.node[self->node];
	uint64_t own = 1ull << (40 + self->node % 16);
	char name[16];
	long at;

	records[self->node].facts.pid = tree_call(SYS_getpid, 0, 0, 0, 0, 0);
	records[self->node].facts.tid = tree_call(SYS_gettid, 0, 0, 0, 0, 0);
	if (node->session && tree_call(SYS_setsid, 0, 0, 0, 0, 0) < 0)
		ckpt_fail("setsid of %d", self->node);
	snprintf(name, sizeof(name), "n%d", self->node);
	tree_call(SYS_prctl, PR_SET_NAME, (long)name, 0, 0, 0);
	tree_call(SYS_prctl, PR_SET_PDEATHSIG, node->pdeath, 0, 0, 0);
	/* A signal of its own that waits. */
	tree_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&own, 0, 8, 0);
	tree_call(SYS_tgkill, records[self->node].facts.pid, records[self->node].facts.tid,
		  41 + self->node % 16, 0, 0);
	at = tree_call(SYS_mmap, 0, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1);
	if (at < 0 && at > -4096)
		ckpt_fail("memory of %d: %ld", self->node, -at);
	self->memory = (unsigned char *)at;
	ckpt_fill_pattern(self->memory, CKPT_PAGE, self->node);
	self->file = -1;
	if (!(node->flags & CLONE_FILES)) {
		snprintf(name, sizeof(name), "file-%d", self->node);
		self->file = tree_call(SYS_open, (long)name, O_RDWR | O_CREAT, 0600, 0, 0);
		if (self->file < 0)
			ckpt_fail("open %s: %d", name, -self->file);
		tree_call(SYS_lseek, self->file, 100 + self->node, SEEK_SET, 0, 0);
	}
	if (!(node->flags & CLONE_FS))
		tree_call(SYS_umask, self->node % 64, 0, 0, 0, 0);
}

static void dies(int i)
{
	const struct node *node = &plan.node[i];
	struct rlimit core = { node->dumps ? RLIM_INFINITY : 0, RLIM_INFINITY };

	if (node->fate == ENDS_ALONE)
		tree_call(SYS_exit, 0, 0, 0, 0, 0);
	tree_call(SYS_setrlimit, RLIMIT_CORE, (long)&core, 0, 0, 0);
	if (!(node->status & 0x7f))
		tree_call(SYS_exit_group, node->status >> 8, 0, 0, 0, 0);
	tree_call(SYS_kill, records[i].facts.pid, node->status, 0, 0, 0);
	ckpt_fail("%d has survived signal %d", i, node->status);
}

/* Waits for a child, which stays to be waited for. */
static siginfo_t wait_info(int i, int options)
{
	siginfo_t info;
	long error;

	memset(&info, 0, sizeof(info));
	error = tree_call(SYS_waitid, P_PID, records[i].facts.pid, (long)&info,
			  options | WNOWAIT | __WALL, 0);
	if (error < 0)
		ckpt_fail("waitid for %d: %ld", i, -error);
	return info;
}

/* Waits for a child for good; its status, with the bit for a core dump as it should be. */
static void wait_status(int i, int wanted, bool dumped)
{
	int status = -1;
	long pid = tree_call(SYS_wait4, records[i].facts.pid, (long)&status, __WALL, 0, 0);

	if (pid != records[i].facts.pid || status != (wanted | (dumped ? WCOREFLAG : 0)))
		ckpt_fail("wait for %d (pid %d) gives %ld with status %#x, wanted %#x%s", i,
			  records[i].facts.pid, pid, status, wanted, dumped ? " and a core" : "");
}

/* The parent's part of a death. */
static void sees_death(int i)
{
	enum fate fate = plan.node[i].fate;

	if (fate == ENDS_ALONE) {
		until_state(records[i].facts.tid, plan.node[i].thread ? 0 : 'Z');
		return;
	}
	records[i].death = wait_info(i, WEXITED);
	if (fate == IS_REAPED)
		wait_status(i, plan.node[i].status, records[i].death.si_code == CLD_DUMPED);
}

static void sees_zombie(int i)
{
	siginfo_t info = wait_info(i, WEXITED), *was = &records[i].death;

	if (info.si_pid != was->si_pid || info.si_status != was->si_status ||
	    info.si_code != was->si_code || info.si_uid != was->si_uid)
		ckpt_fail("zombie %d: pid %d status %d code %d, it was pid %d status %d code %d", i,
			  info.si_pid, info.si_status, info.si_code, was->si_pid, was->si_status,
			  was->si_code);
	wait_status(i, plan.node[i].status, was->si_code == CLD_DUMPED);
}

/* A stop is told once, before or after. */
static void sees_stop(int i)
{
	siginfo_t info;

	wait_info(i, WSTOPPED);
	if (plan.node[i].stop_told)
		tree_call(SYS_waitid, P_PID, records[i].facts.pid, (long)&info, WSTOPPED | __WALL, 0);
}

static void makes_go_on(int i)
{
	siginfo_t info = wait_info(i, WSTOPPED | WNOHANG);
	char state = state_of(records[agent(i)].facts.tid);

	if (info.si_pid != (plan.node[i].stop_told ? 0 : records[i].facts.pid))
		ckpt_fail("the stop of %d is told %s", i, info.si_pid ? "a second time" : "no more");
	if (state != 'T')
		ckpt_fail("%d was stopped, and is in state %c", i, state);
	tree_call(SYS_kill, records[i].facts.pid, SIGCONT, 0, 0, 0);
}

static pid_t pid_or(int i, pid_t otherwise)
{
	return i < 0 ? otherwise : records[i].facts.pid;
}

/* What was planned has come true. */
static void check_plan(int i, const struct facts *facts)
{
	const struct node *process = &plan.node[plan.node[i].process];
	pid_t group = pid_or(process->group, records[0].facts.pgid);
	pid_t session = pid_or(process->leads, records[0].facts.sid);

	if ((i != 0 && plan.node[i].process != 0 &&
	     facts->ppid != records[process->parent].facts.pid) ||
	    facts->pgid != group || facts->sid != session)
		ckpt_fail("%d has ppid %d pgid %d sid %d, planned was %d %d %d", i, facts->ppid,
			  facts->pgid, facts->sid, records[process->parent].facts.pid, group, session);
}

static void verify(const struct self *self)
{
	struct facts is = find_out(self), *was = &records[self->node].facts;
	const struct record *process = &records[plan.node[self->node].process];

	if (plan.node[self->node].process == 0)
		is.ppid = was->ppid;
	if (memcmp(&is, was, sizeof(is)) != 0)
		ckpt_fail("%d: pid %d tid %d ppid %d pgid %d sid %d pdeath %d umask %#o offset %ld "
			  "mask %#llx pending %#llx name %s; it was "
			  "pid %d tid %d ppid %d pgid %d sid %d pdeath %d umask %#o offset %ld "
			  "mask %#llx pending %#llx name %s",
			  self->node, is.pid, is.tid, is.ppid, is.pgid, is.sid, is.pdeath, is.umask,
			  is.offset, (unsigned long long)is.mask, (unsigned long long)is.pending,
			  is.name, was->pid, was->tid, was->ppid, was->pgid, was->sid, was->pdeath,
			  was->umask, was->offset, (unsigned long long)was->mask,
			  (unsigned long long)was->pending, was->name);
	if (process->signals != process->signals_noted)
		ckpt_fail("%d has got %u signals, before it were %u", self->node, process->signals,
			  process->signals_noted);
	ckpt_check_pattern(self->memory, CKPT_PAGE, self->node);
}

static void done(void)
{
	tree_count(DONE);
}

/* What one task has to do in one step. */
static void take_part(struct self *self, const struct step *step)
{
	int me = self->node, i = step->node;
	const struct node *node = i < 0 ? NULL : &plan.node[i];
	struct record *process = &records[plan.node[me].process];
	/* Who waits for a process is its parent, for a thread a thread of its process. */
	bool watches = node && me == agent(node->fate == ENDS_ALONE && step->phase == DEATH ?
						   node->process :
						   node->parent);

	switch (step->phase) {
	case CREATE:
		for (i = me + 1; i < plan.count; i++)
			if (plan.node[i].maker == me)
				create(i);
		return done();
	case OWN_GROUP:
	case JOIN_GROUP:
		if (me != i)
			return;
		if (tree_call(SYS_setpgid, 0, pid_or(node->joins, 0), 0, 0, 0) < 0)
			ckpt_fail("setpgid of %d", i);
		return done();
	case DEATH:
		if (me == i)
			dies(i);
		if (watches) {
			sees_death(i);
			done();
		}
		return;
	case FLUSH:
		return done();
	case RECORD:
		records[me].facts = find_out(self);
		process->signals_noted = process->signals;
		return done();
	case STOP:
		if (me == agent(i))
			tree_call(SYS_kill, records[i].facts.pid, SIGSTOP, 0, 0, 0);
		if (watches) {
			sees_stop(i);
			done();
		}
		return;
	case VERIFY:
		if (is_stopped(me))
			return;
		check_plan(me, &records[me].facts);
		verify(self);
		return done();
	case CONTINUE:
		if (watches) {
			makes_go_on(i);
			done();
		}
		if (plan.node[me].process == i) {
			verify(self);
			done();
		}
		return;
	case ZOMBIE:
		if (watches) {
			sees_zombie(i);
			done();
		}
		return;
	case END:
		if (me == agent(i))
			tree_call(SYS_exit_group, (i * 7 + 3) & 0xff, 0, 0, 0, 0);
		if (watches) {
			wait_status(i, ((i * 7 + 3) & 0xff) << 8, false);
			done();
		}
		return;
	case SAVE:
		return;
	}
}

static int task(void *argument)
{
	struct self self = { .node = (int)(long)argument };
	uint32_t step;

	set_up(&self);
	for (step = 0;; step++) {
		/* The root counts from 1. */
		while (tree_load(STEP) <= step) {
			if (tree_load(&tree->phase) == TREE_ABORTED)
				tree_call(SYS_exit_group, 99, 0, 0, 0, 0);
			tree_call(SYS_futex, (long)STEP, FUTEX_WAIT, step, 0, 0);
		}
		take_part(&self, &steps[step]);
	}
	return 0;
}

static const int kinds[] = { KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND };
static bool same[NODES_MAX][NODES_MAX][ARRAY_SIZE(kinds)];

/* Notes who shares what with whom, or compares with what was noted. */
static void compare_sharing(bool note)
{
	size_t kind;
	int i, j;

	for (i = 0; i < plan.count; i++)
		for (j = 0; j < i; j++)
			for (kind = 0; lives(i) && lives(j) && kind < ARRAY_SIZE(kinds); kind++) {
				bool is = tree_shared(records[i].facts.tid, records[j].facts.tid,
						      kinds[kind]);

				if (note)
					same[i][j][kind] = is;
				else if (same[i][j][kind] != is)
					ckpt_fail("%d and %d share %s", i, j,
						  is ? "what they did not" : "no longer what they did");
			}
}

static uint64_t number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : 0;
}

static void abort_all(void)
{
	tree_tell_failure();
	tree_wake(STEP);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
	struct self self = { .node = 0 };
	int i, fd;

	plan_make(argc > 1 ? strtoull(argv[1], NULL, 10) : number("CKPT_SEED"),
		  argc > 2 ? atoi(argv[2]) : (int)number("CKPT_SIZE"));
	plan_print();
	make_steps();
	tree_start();
	ckpt_at_fail = abort_all;
	fd = SYS(open("records", O_RDWR | O_CREAT | O_TRUNC, 0600));
	SYS(ftruncate(fd, NODES_MAX * sizeof(*records)));
	records = mmap(NULL, NODES_MAX * sizeof(*records), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(records != MAP_FAILED);
	SYS(close(fd));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SYS(sigaction(SIGCHLD, &action, NULL));
	SYS(sigaction(SIGUSR1, &action, NULL));
	SYS(sigaction(SIGUSR2, &action, NULL));
	set_up(&self);
	for (i = 0; i < nr_steps; i++) {
		if (steps[i].phase == SAVE) {
			compare_sharing(true);
			ckpt_ready();
			compare_sharing(false);
		}
		__atomic_store_n(DONE, 0, __ATOMIC_SEQ_CST);
		tree_store(STEP, i + 1);
		take_part(&self, &steps[i]);
		tree_wait_count(DONE, answers(&steps[i]), "have done their part");
	}
	CHECK_ERRNO(waitpid(-1, NULL, __WALL), ECHILD);
	return ckpt_pass();
}
