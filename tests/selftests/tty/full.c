// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal that has been filled up in both directions, more than its line discipline takes, loses
// nothing and takes more when it is read.
#include "tty.h"

static size_t fill(int fd, unsigned char *data)
{
	size_t done = 0;
	ssize_t n;

	SYS(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	/* In pieces of all sizes, which buffers are made of. */
	while ((n = write(fd, data + done, 1 + done % 700)) > 0)
		done += n;
	CHECK_EQ(errno, EAGAIN);
	return done;
}

static void drain(int fd, const unsigned char *data, size_t length)
{
	unsigned char got[1000];
	size_t done = 0;
	ssize_t n;

	while (done < length) {
		n = SYS(read(fd, got, sizeof(got) < length - done ? sizeof(got) : length - done));
		CHECK(n > 0);
		CHECK(memcmp(got, data + done, n) == 0);
		done += n;
	}
	tty_silent(fd);
}

int main(void)
{
	unsigned char *in = ckpt_anon(16 * CKPT_PAGE), *out = ckpt_anon(16 * CKPT_PAGE);
	size_t nr_in, nr_out;
	int master, slave;

	ckpt_fill_pattern(in, 16 * CKPT_PAGE, 1);
	ckpt_fill_pattern(out, 16 * CKPT_PAGE, 2);
	tty_pair(&master, &slave);
	tty_raw(slave);
	nr_in = fill(master, in);
	nr_out = fill(slave, out);
	CHECK(nr_in > CKPT_PAGE && nr_out > CKPT_PAGE);
	ckpt_ready();
	SYS(fcntl(slave, F_SETFL, O_RDWR));
	SYS(fcntl(master, F_SETFL, O_RDWR));
	CHECK_EQ(tty_readable(slave), 4095);
	drain(slave, in, nr_in);
	drain(master, out, nr_out);
	tty_write(master, "more");
	tty_expect(slave, "more");
	return ckpt_pass();
}
