// SPDX-License-Identifier: GPL-2.0-only
//
// A POSIX message queue is refused; its messages stay.
//
// EXPECT: refused EOPNOTSUPP "mqueue|message queue" "fd 3"
// LIBS: -lrt
#include "../ckpt_test.h"
#include <mqueue.h>

int main(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 16 };
	char name[32], text[16] = "";
	mqd_t queue;

	snprintf(name, sizeof(name), "/ckpt-test-%d", getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (queue == (mqd_t)-1)
		ckpt_skip("no POSIX message queues here");
	SYS(mq_unlink(name));
	SYS(mq_send(queue, "data", 4, 1));
	ckpt_ready();
	CHECK_EQ(mq_receive(queue, text, sizeof(text), NULL), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
