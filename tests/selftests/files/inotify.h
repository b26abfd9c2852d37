/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of inotify, one by one.
 */
#ifndef INOTIFY_H
#define INOTIFY_H

#include "../ckpt_test.h"
#include <poll.h>
#include <sys/inotify.h>

/* Events that have been read and not been asked for. */
static char watch_bytes[65536] __attribute__((aligned(8)));
static ssize_t watch_length, watch_at;

/* The next event; NULL when there is none. The instance does not wait. */
__attribute__((unused)) static const struct inotify_event *watch_next(int fd)
{
	const struct inotify_event *event;

	if (watch_at == watch_length) {
		watch_at = watch_length = 0;
		watch_length = read(fd, watch_bytes, sizeof(watch_bytes));
		if (watch_length < 0 && errno == EAGAIN) {
			watch_length = 0;
			return NULL;
		}
		SYS(watch_length);
	}
	event = (const void *)(watch_bytes + watch_at);
	watch_at += sizeof(*event) + event->len;
	return event;
}

/* The next event has to be this one; its cookie. */
__attribute__((unused)) static uint32_t watch_expect(int fd, int wd, uint32_t mask, const char *name)
{
	const struct inotify_event *event = watch_next(fd);

	if (!event)
		ckpt_fail("no event; wanted watch %d mask %#x \"%s\"", wd, mask, name);
	if (event->wd != wd || event->mask != mask || strcmp(event->len ? event->name : "", name))
		ckpt_fail("watch %d mask %#x \"%s\", wanted watch %d mask %#x \"%s\"", event->wd,
			  event->mask, event->len ? event->name : "", wd, mask, name);
	return event->cookie;
}

__attribute__((unused)) static void watch_nothing(int fd)
{
	const struct inotify_event *event = watch_next(fd);

	if (event)
		ckpt_fail("watch %d mask %#x \"%s\", wanted nothing", event->wd, event->mask,
			  event->len ? event->name : "");
}

#endif /* INOTIFY_H */
