/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be seen of a graph of descriptors from inside, as lines of a log.
 * Nothing in it depends on which process or which inode has which number, so
 * that two graphs that were made alike look alike.
 */
#ifndef GRAPH_LOOK_H
#define GRAPH_LOOK_H

#include "graph_plan.h"
#include <dirent.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

/* The first descriptor of the graph, and the one behind the last that may be. */
#define FD_FIRST 3
#define FD_END 256

static char log_text[1 << 18];
static size_t log_used;

/* Adds to the log. */
__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_used += vsnprintf(log_text + log_used, sizeof(log_text) - log_used, format, args);
	va_end(args);
	if (log_used >= sizeof(log_text))
		ckpt_fail("too much to tell");
}

static inline void note_flush(void)
{
	int fd = SYS(open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));

	CHECK_EQ(write(fd, log_text, log_used), (ssize_t)log_used);
	SYS(close(fd));
	log_used = 0;
}

static inline bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* What a descriptor is, as a word: "pipe", "[eventpoll]", or the name of a file. */
static inline const char *kind_of(int fd)
{
	static char text[PATH_MAX];
	char path[64], *at;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = SYS(readlink(path, text, sizeof(text) - 1));
	text[length] = '\0';
	if (strncmp(text, "pipe:", 5) == 0)
		return "pipe";
	if (strncmp(text, "anon_inode:", 11) == 0)
		return text + 11;
	at = strrchr(text, '/');
	return at ? at + 1 : text;
}

static inline bool is_kind(int fd, const char *kind)
{
	return strcmp(kind_of(fd), kind) == 0;
}

static inline bool is_pipe(int fd)
{
	return is_kind(fd, "pipe") || strncmp(kind_of(fd), "fifo", 4) == 0;
}

/* Whose pid this is; -1 for that of somebody who is dead. */
static inline int process_of(long pid)
{
	int i;

	for (i = 0; i < nr_processes; i++)
		if (lives[i] && tree->task[i].pid == pid)
			return i;
	return -1;
}

static int compare_lines(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Tells what /proc says, but for what is different each time. */
static inline void note_fdinfo(int fd)
{
	static const char *const skipped[] = { "pos:",	   "flags:", "mnt_id:", "ino:",
					       "eventfd-id", "NSpid:", "scm_fds",
					       "settime flags" };
	static char text[1 << 16];
	char path[64], *line, *next, *lines[1024];
	size_t count = 0, i;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ckpt_read_file(path, text, sizeof(text));
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		for (i = 0; i < ARRAY_SIZE(skipped); i++)
			if (strncmp(line, skipped[i], strlen(skipped[i])) == 0)
				break;
		if (i < ARRAY_SIZE(skipped))
			continue;
		CHECK(count < ARRAY_SIZE(lines));
		lines[count++] = line;
		if (strncmp(line, "tfd:", 4) == 0 && strstr(line, " pos:"))
			*strstr(line, " pos:") = '\0';
		else if (strncmp(line, "it_value: ", 10) == 0)
			strcpy(line, line[11] == '0' && line[12] == ',' ? "off" : "armed");
		else if (strncmp(line, "Pid:", 4) == 0)
			snprintf(line, 5, "P%d", process_of(atol(line + 4)));
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (i = 0; i < count; i++)
		note(" | %s", lines[i]);
}

/* Tells all that can be seen without changing anything. */
static inline void look(int process)
{
	int fd, bytes;

	for (fd = FD_FIRST; fd < FD_END; fd++) {
		struct pollfd waits = { .fd = fd, .events = 0x7fff };

		if (!is_open(fd))
			continue;
		note("%d fd %d: %s", process, fd, kind_of(fd));
		note(" cloexec %d flags %#o", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
		note(" at %ld", (long)lseek(fd, 0, SEEK_CUR));
		if (is_pipe(fd)) {
			note(" room %d", fcntl(fd, F_GETPIPE_SZ));
			note(" holds %d", ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -1);
		}
		SYS(poll(&waits, 1, 0));
		note(" poll %#x", waits.revents);
		note_fdinfo(fd);
		note("\n");
	}
}

struct found {
	int process, fd;
};

static int compare_files(const void *one, const void *other)
{
	const struct found *a = one, *b = other;
	int order = SYS(syscall(SYS_kcmp, tree->task[a->process].pid, tree->task[b->process].pid,
				KCMP_FILE, a->fd, b->fd));

	/* 1 is less, 2 is more. */
	return order == 1 ? -1 : order == 2 ? 1 : 0;
}

/* Tells which descriptors are of the same open file, and which tables are the same. */
static inline void compare(void)
{
	static struct found found[PROCESSES_MAX * FD_END];
	static int first[PROCESSES_MAX * FD_END];
	static int class_of[PROCESSES_MAX][FD_END];
	int count = 0, i, j, process;

	for (process = 0; process < nr_processes; process++) {
		struct dirent *entry;
		char path[64];
		DIR *dir;

		if (!lives[process])
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd", tree->task[process].pid);
		dir = opendir(path);
		CHECK(dir != NULL);
		while ((entry = readdir(dir)) != NULL) {
			int fd = atoi(entry->d_name);

			/* The directory itself is open in all that share the table. */
			if (fd >= FD_FIRST && fd < FD_END &&
			    (fd != dirfd(dir) || !tree_shared(tree->task[process].pid, getpid(), KCMP_FILES)))
				found[count++] = (struct found){ process, fd };
		}
		closedir(dir);
		for (i = 0; i < process; i++)
			if (lives[i])
				note("%d and %d: tables %d\n", i, process,
				     tree_shared(tree->task[i].pid, tree->task[process].pid, KCMP_FILES));
	}
	qsort(found, count, sizeof(*found), compare_files);
	for (i = 0; i < count; i = j) {
		int least = found[i].process * FD_END + found[i].fd, k;

		for (j = i; j < count && compare_files(&found[i], &found[j]) == 0; j++)
			if (found[j].process * FD_END + found[j].fd < least)
				least = found[j].process * FD_END + found[j].fd;
		for (k = i; k < j; k++)
			first[k] = least;
	}
	memset(class_of, 0xff, sizeof(class_of));
	for (i = 0; i < count; i++)
		class_of[found[i].process][found[i].fd] = first[i];
	for (process = 0; process < nr_processes; process++)
		for (i = FD_FIRST; i < FD_END; i++)
			if (class_of[process][i] >= 0)
				note("%d fd %d is %d fd %d\n", process, i,
				     class_of[process][i] / FD_END, class_of[process][i] % FD_END);
}

static int compare_events(const void *one, const void *other)
{
	const struct epoll_event *a = one, *b = other;

	return a->data.u64 < b->data.u64 ? -1 : a->data.u64 > b->data.u64;
}

/* Tells what one call of epoll_wait gives. */
static inline void note_ready(int set)
{
	struct epoll_event events[64];
	int count = epoll_wait(set, events, ARRAY_SIZE(events), 0), i;

	note(" ready %d", count);
	if (count > 0)
		qsort(events, count, sizeof(*events), compare_events);
	for (i = 0; i < count; i++)
		note(" %#x:%llx", events[i].events, (unsigned long long)events[i].data.u64);
}

/* Tells what all sets say, twice: edges come once. */
static inline void look_at_sets(int process)
{
	int fd;

	for (fd = FD_FIRST; fd < FD_END; fd++) {
		if (!is_open(fd) || !is_kind(fd, "[eventpoll]"))
			continue;
		note("%d set %d:", process, fd);
		note_ready(fd);
		note_ready(fd);
		note("\n");
	}
}

static inline uint64_t hash(const unsigned char *bytes, size_t length)
{
	uint64_t sum = length;

	while (length-- > 0)
		sum = ckpt_mix(sum, *bytes++);
	return sum;
}

/* Reads or writes without waiting; the result, or -errno. */
static inline long try(int fd, bool writes, void *bytes, size_t length)
{
	int flags = fcntl(fd, F_GETFL);
	long result;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	result = writes ? write(fd, bytes, length) : read(fd, bytes, length);
	if (result < 0)
		result = -errno;
	SYS(fcntl(fd, F_SETFL, flags));
	return result;
}

static inline bool holds_numbers(int fd)
{
	return is_kind(fd, "[eventfd]") || is_kind(fd, "[timerfd]");
}

/* Takes out all that can be read, and tells what it was. */
static inline void drain(int process)
{
	static unsigned char bytes[8192];
	int fd, times;

	for (fd = FD_FIRST; fd < FD_END; fd++) {
		long got = 1;

		if (!is_open(fd) || !(is_pipe(fd) || holds_numbers(fd) || is_kind(fd, "[signalfd]")))
			continue;
		note("%d drains %d:", process, fd);
		for (times = 0; times < 40 && got > 0; times++) {
			memset(bytes, 0, 8);
			got = try(fd, false, bytes, sizeof(bytes));
			note(" %ld", got);
			if (got > 0)
				note("=%llx", (unsigned long long)(holds_numbers(fd) ?
					*(uint64_t *)bytes : hash(bytes, got)));
		}
		note("\n");
	}
}

/* Writes something to all that can be written to, and tells what became of it. */
static inline void fill(int process)
{
	static unsigned char bytes[1 << 16];
	int fd;

	for (fd = FD_FIRST; fd < FD_END; fd++) {
		uint64_t one = 1;
		long got;

		if (!is_open(fd))
			continue;
		note("%d fills %d: %ld", process, fd,
		     try(fd, true, &one, is_kind(fd, "[eventfd]") ? sizeof(one) : 3));
		note(" at %ld", (long)lseek(fd, 0, SEEK_CUR));
		got = pread(fd, bytes, sizeof(bytes), 0);
		note(" file %ld=%llx\n", got, got > 0 ? (unsigned long long)hash(bytes, got) : 0);
	}
}

#endif /* GRAPH_LOOK_H */
