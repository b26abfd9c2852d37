/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that fails when it is told to: the only file of a FUSE file system whose
 * server is a child of the test.  Every transfer of more than a few KiB is cut into
 * pieces, each of which is one call of the server; the test chooses the call that
 * fails, and how.
 *
 * What is written is kept in memory that the test shares.
 */
#ifndef FAULTY_H
#define FAULTY_H

#include "api.h"
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/uio.h>

/*
 * How a call fails: an errno above 0, or one of these.  Errors stay: a caller of
 * whose transfer a part was made gets that part, and the error at the next one.
 */
enum faulty_how {
	/* A signal comes to `victim` meanwhile, and the call ends with EINTR. */
	FAULTY_SIGNAL = -1,
	/* Half of what was asked for. */
	FAULTY_SHORT = -2,
	/* Nothing at all, which is the end of the file when it is read. */
	FAULTY_NOTHING = -3,
};

#define FAULTY_ROOM (16ul << 20)
/* Bytes of one call. */
#define FAULTY_STEP 16384
#define FAULTY_FILE 2

struct faulty {
	/* Calls that have come: reads and writes together. */
	uint32_t calls;
	/* The number of the first call that fails, from 1 on; 0: none. */
	uint32_t fails_at;
	int32_t how;
	pid_t victim;
	uint64_t length;
	/* Locks of flock(2) that the server has been asked for. */
	uint32_t locks;
	unsigned char data[FAULTY_ROOM];
};

/* FUSE_* that the next server is able to do beside. */
static uint32_t faulty_flags;

static struct faulty *faulty;
static pid_t faulty_server;

static inline void faulty_answer(int fd, uint64_t unique, int error, const void *data, size_t length)
{
	struct fuse_out_header head = { .len = sizeof(head) + length, .error = -error,
					.unique = unique };
	struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)data, length } };

	/* Who asked may be gone. */
	if (writev(fd, parts, 2) < 0 && errno != ENOENT)
		ckpt_fail("answer to FUSE: %s", strerror(errno));
}

static inline struct fuse_attr faulty_attributes(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.size = node == FAULTY_FILE ? faulty->length : 0,
		.mode = node == FAULTY_FILE ? S_IFREG | 0644 : S_IFDIR | 0755,
		.nlink = 1,
		.blksize = CKPT_PAGE,
	};
}

/* Bytes that are to be transferred, or -errno. */
static inline int faulty_transfer(int wanted)
{
	bool stays = faulty->how == FAULTY_NOTHING || (faulty->how > 0 && faulty->how != EINTR);

	faulty->calls++;
	if (!faulty->fails_at || faulty->calls < faulty->fails_at ||
	    (faulty->calls > faulty->fails_at && !stays))
		return wanted;
	switch (faulty->how) {
	case FAULTY_SIGNAL:
		kill(faulty->victim, SIGUSR1);
		return -EINTR;
	case FAULTY_SHORT:
		return (wanted + 1) / 2;
	case FAULTY_NOTHING:
		return 0;
	default:
		return -faulty->how;
	}
}

static inline void faulty_read(int fd, uint64_t unique, const struct fuse_read_in *in)
{
	uint64_t left = in->offset < faulty->length ? faulty->length - in->offset : 0;
	int count = faulty_transfer(left < in->size ? left : in->size);

	if (count < 0)
		faulty_answer(fd, unique, -count, NULL, 0);
	else
		faulty_answer(fd, unique, 0, faulty->data + in->offset, count);
}

static inline void faulty_write(int fd, uint64_t unique, const struct fuse_write_in *in)
{
	struct fuse_write_out out = { 0 };
	int count = faulty_transfer(in->size);

	if (count >= 0 && in->offset + count > FAULTY_ROOM)
		count = -ENOSPC;
	if (count < 0) {
		faulty_answer(fd, unique, -count, NULL, 0);
		return;
	}
	memcpy(faulty->data + in->offset, in + 1, count);
	if (faulty->length < in->offset + count)
		faulty->length = in->offset + count;
	out.size = count;
	faulty_answer(fd, unique, 0, &out, sizeof(out));
}

static inline void faulty_serve_one(int fd, const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31,
				      .flags = FUSE_MAX_PAGES | faulty_flags, .max_write = FAULTY_STEP,
				      .max_pages = FAULTY_STEP / CKPT_PAGE };
	struct fuse_entry_out entry = { .nodeid = FAULTY_FILE,
					.attr = faulty_attributes(FAULTY_FILE) };
	struct fuse_attr_out attributes = { .attr = faulty_attributes(in->nodeid) };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	switch (in->opcode) {
	case FUSE_INIT:
		faulty_answer(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		faulty_answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_SETATTR:
		if (((const struct fuse_setattr_in *)body)->valid & FATTR_SIZE)
			faulty->length = ((const struct fuse_setattr_in *)body)->size;
		attributes.attr = faulty_attributes(in->nodeid);
		/* fallthrough */
	case FUSE_GETATTR:
		faulty_answer(fd, in->unique, 0, &attributes, sizeof(attributes));
		break;
	case FUSE_OPEN:
		faulty_answer(fd, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		faulty_read(fd, in->unique, body);
		break;
	case FUSE_WRITE:
		faulty_write(fd, in->unique, body);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		/* Nobody waits for an answer. */
		break;
	case FUSE_SETLK:
		if (((const struct fuse_lk_in *)body)->lk_flags & FUSE_LK_FLOCK &&
		    ((const struct fuse_lk_in *)body)->lk.type == F_WRLCK)
			faulty->locks++;
		/* fallthrough */
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		faulty_answer(fd, in->unique, 0, NULL, 0);
		break;
	default:
		faulty_answer(fd, in->unique, ENOSYS, NULL, 0);
	}
}

typedef void faulty_serves(int fd, const struct fuse_in_header *in);

static inline void faulty_serve(int fd, faulty_serves *serve_one)
{
	static char request[FAULTY_STEP + 4096] __attribute__((aligned(8)));
	ssize_t length;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		length = read(fd, request, sizeof(request));
		if (length > 0)
			serve_one(fd, (const struct fuse_in_header *)request);
		else if (errno == ENODEV)
			/* It has been unmounted. */
			_exit(0);
		else if (errno != EINTR && errno != ENOENT)
			_exit(1);
	}
}

/* Mounts a file system at a directory, and starts the child that serves it. */
static inline pid_t faulty_mounted(const char *directory, faulty_serves *serve_one)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (fd < 0)
		ckpt_skip("there is no /dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("faulty", directory, "fuse", 0, options) != 0)
		ckpt_skip("a FUSE file system cannot be mounted");
	pid = SYS(fork());
	if (pid == 0)
		faulty_serve(fd, serve_one);
	SYS(close(fd));
	return pid;
}

/* Mounts it; the file is "faulty/image". */
static inline void faulty_start(void)
{
	faulty = mmap(NULL, sizeof(*faulty), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(faulty != MAP_FAILED);
	SYS(mkdir("faulty", 0755));
	faulty_server = faulty_mounted("faulty", faulty_serve_one);
	/* Targets are to hold nothing of it. */
	SYS(madvise(faulty, sizeof(*faulty), MADV_DONTFORK));
}

static inline void faulty_end(void)
{
	SYS(umount("faulty"));
	CHECK_EQ(exit_status(faulty_server), 0);
	SYS(munmap(faulty, sizeof(*faulty)));
}

/* Opens the file; the n-th call from now on fails. */
static inline int faulty_open(int flags, uint32_t n, int how)
{
	int fd = SYS(open("faulty/image", flags | O_CLOEXEC));

	faulty->calls = 0;
	faulty->how = how;
	faulty->victim = getpid();
	faulty->fails_at = n;
	return fd;
}

/* Whether the call that was to fail has come; none fails from now on. */
static inline bool faulty_was_hit(void)
{
	bool hit = faulty->calls >= faulty->fails_at;

	faulty->fails_at = 0;
	return hit;
}

#endif /* FAULTY_H */
