// SPDX-License-Identifier: GPL-2.0-only
//
// While a terminal gets its old number no path of the image is looked up, for which every other restart
// with terminals would have to wait: a link on a file system of the user's own is followed once, before.
//
// MODES: plain
#include "../api/faulty.h"
#include "forge.h"

#define FORGE_TTY 330
#define LINK_NODE 3
#define MOUNT "/mnt"

static char path[PATH_MAX];
static volatile int *followed;

/* A terminal whose number is not the lowest one that will be free. */
static void has_terminal(void)
{
	int low = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	int master = SYS(posix_openpt(O_RDWR | O_NOCTTY));

	SYS(close(low));
	(void)master;
	target_waits();
}

/* Directories, and a link to the master, which is answered for once only. */
static void serve_one(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31,
				      .max_write = FAULTY_STEP };
	bool is_link = in->opcode == FUSE_LOOKUP ? strcmp((const char *)(in + 1), "ptmx") == 0 :
						   in->nodeid == LINK_NODE;
	struct fuse_attr attr = { .ino = is_link ? LINK_NODE : 2, .nlink = 1,
				  .mode = is_link ? S_IFLNK | 0777 : S_IFDIR | 0755 };
	struct fuse_entry_out entry = { .nodeid = is_link ? LINK_NODE : 2, .attr = attr };
	struct fuse_attr_out attributes = { .attr = attr };

	switch (in->opcode) {
	case FUSE_INIT:
		faulty_answer(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		faulty_answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		faulty_answer(fd, in->unique, 0, &attributes, sizeof(attributes));
		break;
	case FUSE_READLINK:
		if (++*followed < 3)
			faulty_answer(fd, in->unique, 0, path, strlen(path));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		faulty_answer(fd, in->unique, ENOSYS, NULL, 0);
	}
}

/* Puts the link in the place of the path of the master, which is as long. */
static void forge(int image)
{
	struct forged forged = forge_read(image);
	struct forge_record *text = forge_next(&forged, forge_find(&forged, NULL, FORGE_TTY));
	uint64_t length;

	memcpy(&length, text->body, sizeof(length));
	CHECK(text->kind == FORGE_STRING && length < sizeof(path));
	memcpy(path, text->body + sizeof(length), length);
	if (strncmp(path, "/dev/", 5) != 0)
		ckpt_skip("the master has another path here");
	memcpy(text->body + sizeof(length), MOUNT, strlen(MOUNT));
	forge_write(&forged, image);
	free(forged.bytes);
}

int main(void)
{
	static char said[4096];
	pid_t server, coordinator, pid;
	int image, log, status;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	image = image_of_target("image", has_terminal);
	forge(image);
	followed = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(followed != MAP_FAILED);
	server = faulty_mounted(MOUNT, serve_one);
	/* The first time is ours: it leads to the master. */
	SYS(close(SYS(open(strstr(path, "pts") ? MOUNT "/pts/ptmx" : MOUNT "/ptmx",
			   O_RDWR | O_NOCTTY))));
	CHECK_EQ(*followed, 1);
	log = new_file("log");
	ckpt_write_file("target-go", "", 0);
	coordinator = SYS(fork());
	if (coordinator == 0) {
		pid = restarting_child();
		if (ckpt_restart_flags(pid, image, log, 0) < 0)
			_exit(errno);
		_exit(exit_status(pid) == TARGET_EXIT ? 0 : 200);
	}
	while (SYS(waitpid(coordinator, &status, WNOHANG)) == 0) {
		if (*followed > 2) {
			kill(server, SIGKILL);
			umount2(MOUNT, MNT_DETACH);
			ckpt_fail("the link is followed once more while numbers are held");
		}
		usleep(5000);
	}
	ckpt_read_file("log", said, sizeof(said));
	SYS(umount2(MOUNT, MNT_DETACH));
	SYS(waitpid(server, NULL, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		ckpt_fail("status %#x: %s", status, said);
	CHECK_EQ(*followed, 2);
	return ckpt_pass();
}
