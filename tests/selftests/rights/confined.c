// SPDX-License-Identifier: GPL-2.0-only
//
// A task that is confined by Landlock stays so in a restart: it makes no directory where it may not, also
// not for a moment, and a file that was opened with other credentials is opened with these and its own
// domain, not with that of the task before it.
//
// MODES: plain
#include "pair.h"
#include <dirent.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#define RULESET 444
#define RULE 445
#define RESTRICT 446
#define READ_FILE (1ull << 2)
#define MAKE_DIR (1ull << 7)

/* Lets it be done below a directory. */
static void allow(int ruleset, uint64_t actions, const char *path)
{
	struct {
		uint64_t actions;
		int32_t directory;
	} __attribute__((packed)) rule = { actions, SYS(open(path, O_PATH)) };

	SYS(syscall(RULE, ruleset, 1, &rule, 0));
	SYS(close(rule.directory));
}

/* From now on none of this may be done, or only in /proc may it not. */
static void confine(uint64_t actions, bool in_proc)
{
	const uint64_t handled[1] = { actions };
	int ruleset = SYS(syscall(RULESET, handled, sizeof(handled), 0));
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat stat;
	DIR *root;

	if (in_proc) {
		root = opendir("/");
		while ((entry = readdir(root))) {
			snprintf(path, sizeof(path), "/%s", entry->d_name);
			if (entry->d_name[0] != '.' && strcmp(path, "/proc") != 0 &&
			    SYS(lstat(path, &stat)) == 0 && S_ISDIR(stat.st_mode))
				allow(ruleset, actions, path);
		}
		SYS(closedir(root));
	}
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(syscall(RESTRICT, ruleset, 0));
	SYS(close(ruleset));
}

/* Its working directory has been deleted. */
static void is_nowhere(void)
{
	char path[PATH_MAX];

	ckpt_path(path, "target-go");
	SYS(mkdir("doomed", 0700));
	SYS(chdir("doomed"));
	SYS(rmdir("../doomed"));
	while (access(path, F_OK) != 0)
		usleep(5000);
	_exit(TARGET_EXIT);
}

static void set_syslog(bool has)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	const uint32_t bit = 1u << (CAP_SYSLOG - 32);

	SYS(syscall(SYS_capget, &head, caps));
	caps[1].effective = has ? caps[1].effective | bit : caps[1].effective & ~bit;
	SYS(syscall(SYS_capset, &head, caps));
}

/* Two processes, each with a file that was opened by the same credentials, which neither has now. */
static void both_have_files(void)
{
	int first, second;

	pair_begins();
	set_syslog(false);
	first = SYS(open("/proc/version", O_RDONLY));
	second = SYS(open("/proc/cmdline", O_RDONLY));
	set_syslog(true);
	if (SYS(fork()) == 0) {
		SYS(close(first));
		pair_ready("child");
		target_waits();
	}
	SYS(close(second));
	pair_until("child");
	pair_ready("parent");
	target_waits();
}

static void makes_no_directory(void)
{
	int image = image_of_target("image", is_nowhere), round;
	pid_t pid;

	ckpt_write_file("target-go", "", 0);
	for (round = 0; round < 2; round++) {
		SYS(lseek(image, 0, SEEK_SET));
		pid = SYS(fork());
		if (pid == 0) {
			if (round == 1)
				confine(MAKE_DIR, false);
			child_restarts();
		}
		pair_expect(pid, image, round ? EACCES : 0);
	}
	SYS(unlink("target-go"));
}

static void keeps_its_domain(void)
{
	int image = image_of_pair("image", both_have_files), round;
	pid_t pid;

	ckpt_write_file("target-go", "", 0);
	for (round = 0; round < 2; round++) {
		SYS(lseek(image, 0, SEEK_SET));
		pid = SYS(fork());
		if (pid == 0) {
			if (SYS(fork()) == 0) {
				if (round == 1)
					confine(READ_FILE, true);
				pair_restarts("child");
			}
			pair_restarts("parent");
		}
		pair_expect(pid, image, round ? EACCES : 0);
	}
	SYS(unlink("target-go"));
}

int main(void)
{
	if (geteuid() != 0)
		ckpt_skip("needs root");
	if (syscall(RULESET, NULL, 0, 1) < 0)
		ckpt_skip("no Landlock here");
	device();
	keeps_its_domain();
	/* Last: behind a restart that has failed, tasks that say for which saved one they stand come in vain. */
	makes_no_directory();
	return ckpt_pass();
}
