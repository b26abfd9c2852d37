// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user gets no user, group or capability by an image that names it: each is refused by its
// name, and the task is not there afterwards.
//
// MODES: plain
#include "forge.h"
#include <stddef.h>

enum { FORGE_CRED = 115 };

struct forge_cred {
	uint32_t objref, securebits, uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	uint32_t nr_groups, reserved;
};

static const struct change {
	size_t offset, size;
	uint64_t value;
	const char *text;
} changes[] = {
#define FIELD(name) offsetof(struct forge_cred, name), sizeof(((struct forge_cred *)0)->name)
	{ FIELD(uid), 0, "user id 0" },
	{ FIELD(euid), 0, "user id 0" },
	{ FIELD(suid), SOMEBODY, "user id 65533" },
	{ FIELD(fsuid), 0, "user id 0" },
	{ FIELD(gid), 0, "group id 0" },
	{ FIELD(egid), 1, "group id 1" },
	{ FIELD(sgid), 2, "group id 2" },
	{ FIELD(fsgid), 3, "group id 3" },
	{ FIELD(permitted), 1 << 21, "permitted capabilities 0x200000" },
	{ FIELD(effective), 1, "effective capabilities 0x1" },
	{ FIELD(ambient), 2, "ambient capabilities 0x2" },
	{ FIELD(bounding), 0, "a bounding set without 0x" },
	{ FIELD(bounding), ~0ull, "bounding capabilities 0x" },
	{ FIELD(inheritable), ~0ull, "inheritable capabilities 0x" },
	{ FIELD(securebits), 1 << 2, "securebits 0x4" },
#undef FIELD
};

static void as_nobody(void)
{
	become(NOBODY);
	target_waits();
}

/* As the user: gives the error, and what was said in "log". */
static int restarts(int image)
{
	int log = new_file("log"), error;
	pid_t child = SYS(fork()), restarted;

	if (child == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		SYS(lseek(image, 0, SEEK_SET));
		restarted = restarting_child();
		error = ckpt_restart_flags(restarted, image, log, 0) < 0 ? errno : 0;
		CHECK_EQ(exit_status(restarted), error ? 1000 + SIGKILL : TARGET_EXIT);
		_exit(error);
	}
	error = exit_status(child);
	SYS(close(log));
	return error;
}

int main(void)
{
	static char said[4096];
	struct forged forged;
	unsigned char *field;
	uint64_t before = 0;
	size_t i;
	int image, error;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	everybody_is_allowed();
	image = image_of_target("image", as_nobody);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restarts(image), 0);
	forged = forge_read(image);
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		field = forge_find(&forged, NULL, FORGE_CRED)->body + changes[i].offset;
		memcpy(&before, field, changes[i].size);
		memcpy(field, &changes[i].value, changes[i].size);
		forge_write(&forged, image);
		memcpy(field, &before, changes[i].size);
		error = restarts(image);
		ckpt_read_file("log", said, sizeof(said));
		if (error != EPERM || !strstr(said, changes[i].text))
			ckpt_fail("wanted \"%s\", error %d: %s", changes[i].text, error, said);
	}
	/* None of that has changed anything for good. */
	forge_write(&forged, image);
	CHECK_EQ(restarts(image), 0);
	everybody_is_disallowed();
	return ckpt_pass();
}
