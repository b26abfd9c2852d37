// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever read of an image fails, and however: the restart of the whole family
// ends with an error and a message, and nobody is left. Short and interrupted reads
// are gone on with.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include "faulty.h"

static char said[8192];
static unsigned int interrupted;

static void on_signal(int signal)
{
	(void)signal;
}

/* Puts the image where reading it can fail. */
static void give_image(int image)
{
	ssize_t step;

	while ((step = SYS(read(image, faulty->data + faulty->length, FAULTY_ROOM - faulty->length))))
		faulty->length += step;
}

/* The n-th read fails; whether there was one. */
static bool nth_read(uint32_t n, int how, int wanted)
{
	struct family_entry entry = family_entry();
	int log = new_file("log"), fd, error;
	pid_t grandpa = family_born(&entry);
	bool hit;

	fd = faulty_open(O_RDONLY, n, how);
	error = family_coordinates(grandpa, fd, &entry, log);
	hit = faulty_was_hit();
	ckpt_read_file("log", said, sizeof(said));
	/* Who reads the end of the image is not interrupted any more. */
	if (!hit || (how == FAULTY_SIGNAL && error == 0))
		wanted = 0;
	interrupted += error == EINTR;
	if (error != wanted)
		ckpt_fail("read %u, how %d: %s, wanted %s; the log: %s", n, how, strerror(error),
			  strerror(wanted), said);
	if (error == 0) {
		family_ends_well(grandpa);
	} else {
		if (wanted != EINTR && !strstr(said, "[err "))
			ckpt_fail("read %u, how %d: the log says: %s", n, how, said);
		family_gone(LIVE(0));
	}
	SYS(close(fd));
	SYS(close(log));
	SYS(close(entry.device));
	return hit;
}

int main(void)
{
	static const struct {
		int how, wanted;
	} ways[] = {
		{ EIO, EIO }, { ENOMEM, ENOMEM }, { EAGAIN, EAGAIN }, { FAULTY_NOTHING, EBADMSG },
		{ FAULTY_SIGNAL, EINTR }, { FAULTY_SHORT, 0 }, { EINTR, 0 },
	};
	struct sigaction action = { .sa_handler = on_signal };
	int image = image_of_family("image");
	unsigned int way, n;

	SYS(sigaction(SIGUSR1, &action, NULL));
	faulty_start();
	give_image(image);
	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		for (n = 1; nth_read(n, ways[way].how, ways[way].wanted); n++)
			;
		CHECK(n > 10);
	}
	CHECK(interrupted > 5);
	dprintf(STDERR_FILENO, "%u reads\n", n - 1);
	faulty_end();
	return ckpt_pass();
}
