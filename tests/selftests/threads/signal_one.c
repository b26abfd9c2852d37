// SPDX-License-Identifier: GPL-2.0-only
//
// After a restart a signal for a thread reaches that one, one for the process
// reaches a thread that does not block it.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 4

static __thread long number;
static volatile sig_atomic_t got[COUNT + 1], of_process[COUNT + 1];

static void handler(int signal)
{
	if (signal == SIGUSR1)
		got[number]++;
	else
		of_process[number]++;
}

static void *thread(void *argument)
{
	sigset_t set;
	int place;

	number = (long)argument;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	/* Only the second one takes what is for all. */
	if (number != 2)
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	place = tree_wait();
	tree_until(&tree->word[0], 1);
	CHECK_EQ(got[number], number);
	CHECK_EQ(of_process[number], number == 2);
	tree_report(place);
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t id[COUNT];
	sigset_t set;
	int i, j;

	tree_start();
	SYS(sigaction(SIGUSR1, &action, NULL));
	SYS(sigaction(SIGUSR2, &action, NULL));
	threads_start(id, COUNT, thread);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	tree_go(COUNT);
	for (i = 1; i <= COUNT; i++)
		for (j = 0; j < i; j++) {
			CHECK_EQ(pthread_kill(id[i - 1], SIGUSR1), 0);
			while (got[i] <= j)
				usleep(1000);
		}
	SYS(kill(getpid(), SIGUSR2));
	while (!of_process[2])
		usleep(1000);
	CHECK_EQ(got[0], 0);
	tree_store(&tree->word[0], 1);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
