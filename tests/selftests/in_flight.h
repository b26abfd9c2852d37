/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that are sent over a socket, and in no table until they are received.
 */
#ifndef IN_FLIGHT_H
#define IN_FLIGHT_H

#include <sys/socket.h>
#include "ckpt_test.h"

union in_flight {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static inline void in_flight_send(int socket, int fd)
{
	union in_flight control = { .space = "" };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1,
				  .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	CHECK_EQ(sendmsg(socket, &message, 0), 1);
}

static inline int in_flight_receive(int socket)
{
	union in_flight control = { .space = "" };
	char byte;
	struct iovec room = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &room, .msg_iovlen = 1,
				  .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd;

	CHECK_EQ(recvmsg(socket, &message, 0), 1);
	CHECK(CMSG_FIRSTHDR(&message) != NULL);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

#endif /* IN_FLIGHT_H */
