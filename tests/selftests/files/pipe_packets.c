// SPDX-License-Identifier: GPL-2.0-only
//
// Packets stay packets, among bytes that are none.
#include "../ckpt_test.h"

/* A packet that did not fit into the page of the bytes before it, and now would. */
static void fill_behind_bytes(int end[2], char *text)
{
	SYS(pipe(end));
	CHECK_EQ(write(end[1], text, 3500), 3500);
	CHECK_EQ(read(end[0], text, 3000), 3000);
	SYS(fcntl(end[1], F_SETFL, O_DIRECT));
	CHECK_EQ(write(end[1], text, 700), 700);
	CHECK_EQ(write(end[1], "next", 4), 4);
}

static void check_behind_bytes(int end[2], char *text)
{
	/* What is read ends with a packet, not in front of it. */
	CHECK_EQ(read(end[0], text, PIPE_BUF), 500 + 700);
	CHECK_EQ(read(end[0], text, PIPE_BUF), 4);
	CHECK(memcmp(text, "next", 4) == 0);
}

int main(void)
{
	static char large[PIPE_BUF];
	char text[PIPE_BUF];
	int end[2], other[2];

	fill_behind_bytes(other, large);
	ckpt_fill_pattern(large, sizeof(large), 5);
	SYS(pipe2(end, O_DIRECT));
	CHECK_EQ(write(end[1], "one", 3), 3);
	CHECK_EQ(write(end[1], large, sizeof(large)), sizeof(large));
	CHECK_EQ(write(end[1], "three", 5), 5);
	SYS(fcntl(end[1], F_SETFL, 0));
	CHECK_EQ(write(end[1], "stre", 4), 4);
	CHECK_EQ(write(end[1], "am", 2), 2);
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(end[1], F_GETFL)), O_WRONLY);
	CHECK_EQ(read(end[0], text, sizeof(text)), 3);
	CHECK(memcmp(text, "one", 3) == 0);
	CHECK_EQ(read(end[0], text, sizeof(text)), sizeof(large));
	ckpt_check_pattern(text, sizeof(large), 5);
	/* The rest of a packet is lost when too little is read. */
	CHECK_EQ(read(end[0], text, 2), 2);
	CHECK_EQ(read(end[0], text, sizeof(text)), 6);
	CHECK(memcmp(text, "stream", 6) == 0);
	SYS(fcntl(end[1], F_SETFL, O_DIRECT));
	CHECK_EQ(write(end[1], "a", 1), 1);
	CHECK_EQ(write(end[1], "b", 1), 1);
	CHECK_EQ(read(end[0], text, sizeof(text)), 1);
	check_behind_bytes(other, text);
	return ckpt_pass();
}
