// SPDX-License-Identifier: GPL-2.0-only
//
// A pipeline of three processes in the middle of its stream, with back pressure on both pipes: every
// byte arrives once, in order, and the end of the data does, too.
#include "tree.h"

#define TOTAL (8 * 1024 * 1024)
#define CHUNK 5000

/* To be frozen in the middle makes a write short. */
static void put(int out, const unsigned char *bytes, long count)
{
	while (count > 0) {
		long now = SYS(write(out, bytes, count));

		bytes += now;
		count -= now;
	}
}

static void writer(int out)
{
	unsigned char bytes[CHUNK];
	long sent = 0, i;

	while (sent < TOTAL) {
		for (i = 0; i < CHUNK; i++)
			bytes[i] = (sent + i) % 251;
		put(out, bytes, CHUNK);
		sent += CHUNK;
	}
	exit(0);
}

static void filter(int in, int out)
{
	unsigned char bytes[3000];
	long got, i;

	while ((got = SYS(read(in, bytes, sizeof(bytes)))) > 0) {
		for (i = 0; i < got; i++)
			bytes[i] ^= 0x55;
		put(out, bytes, got);
	}
	exit(0);
}

int main(void)
{
	const long wanted = (TOTAL + CHUNK - 1) / CHUNK * CHUNK;
	int first[2], second[2], status, i;
	unsigned char bytes[4096];
	long got, count = 0;

	SYS(pipe(first));
	SYS(pipe(second));
	if (SYS(fork()) == 0) {
		close(first[0]);
		close(second[0]);
		close(second[1]);
		writer(first[1]);
	}
	if (SYS(fork()) == 0) {
		close(first[1]);
		close(second[0]);
		filter(first[0], second[1]);
	}
	SYS(close(first[0]));
	SYS(close(first[1]));
	SYS(close(second[1]));
	/* Somewhere in the middle; the others fill the pipes meanwhile. */
	while (count < TOTAL / 3) {
		got = SYS(read(second[0], bytes, sizeof(bytes)));
		for (i = 0; i < got; i++, count++)
			CHECK_EQ(bytes[i], (count % 251) ^ 0x55);
	}
	ckpt_ready();
	while ((got = SYS(read(second[0], bytes, sizeof(bytes)))) > 0) {
		for (i = 0; i < got; i++, count++)
			CHECK_EQ(bytes[i], (count % 251) ^ 0x55);
	}
	CHECK_EQ(count, wanted);
	for (i = 0; i < 2; i++) {
		SYS(wait(&status));
		CHECK_EQ(status, 0);
	}
	return ckpt_pass();
}
