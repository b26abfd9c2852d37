// SPDX-License-Identifier: GPL-2.0-only
//
// Two ordinary users restart at the same time, again and again, each a family of
// his own: nobody gets the tasks, the numbers or the files of the other.
//
// MODES: plain
// LIBS: -lpthread
#include "../api/family.h"
#include "rights.h"

static const uid_t users[2] = { NOBODY, SOMEBODY };
static uid_t user;

static void family_of_user(void)
{
	become(user);
	family_grandpa();
}

/* All of the restored family belong to the user. */
static void belong(uid_t owner)
{
	struct stat stat;
	char path[64];
	int i;

	for (i = 0; i < MEMBERS; i++) {
		snprintf(path, sizeof(path), "/proc/%d", tree->task[LIVE(i)].pid);
		SYS(lstat(path, &stat));
		CHECK_EQ(stat.st_uid, owner);
	}
}

static void restarts(void *argument)
{
	struct tree *own = ckpt_map(sizeof(*own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	const char *name = argument ? "image-1" : "image-0";
	struct family_entry entry;
	pid_t grandpa;
	int image, i;

	/* Who was saved is in the image; who is restored is noted here only. */
	memcpy(own->task, argument ? tree->task + 100 : tree->task, 100 * sizeof(*own->task));
	tree = own;
	entry = family_entry();
	become(users[argument != NULL]);
	image = SYS(open(name, O_RDONLY));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (i = 0; i < 6; i++) {
		entry.delay[i % MEMBERS] = 15 * i;
		grandpa = family_born(&entry);
		CHECK_EQ(family_coordinates(grandpa, again(image), &entry, STDERR_FILENO), 0);
		belong(users[argument != NULL]);
		SYS(kill(tree->task[LIVE(SON)].pid, SIGKILL));
		SYS(kill(tree->task[LIVE(FATHER)].pid, SIGKILL));
		SYS(kill(tree->task[LIVE(UNCLE)].pid, SIGKILL));
		SYS(kill(grandpa, SIGKILL));
		family_gone(LIVE(0));
		entry.delay[i % MEMBERS] = 0;
	}
}

int main(void)
{
	device();
	everybody_is_allowed();
	tree_start();
	SYS(chmod("tree", 0666));
	family_root = family_of_user;
	user = users[1];
	SYS(close(image_of_family("image-1")));
	memcpy(tree->task + 100, tree->task, 100 * sizeof(*tree->task));
	user = users[0];
	SYS(close(image_of_family("image-0")));
	tree_fork(restarts, NULL);
	tree_fork(restarts, (void *)1);
	tree_reap_all(2);
	everybody_is_disallowed();
	return ckpt_pass();
}
