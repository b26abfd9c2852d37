// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command and tells how long that took, from before its spawn to after
 * its end.
 *
 * usage: launch [-g CGROUP] OUTPUT COMMAND [ARGUMENT]...
 *
 * The command reads /dev/null and writes to OUTPUT, in the directory CGROUP of
 * the cgroup file system if one is given.  Printed are its begin and end in
 * nanoseconds of CLOCK_REALTIME, and its status as wait(2) gives it.
 *
 * BUILD: static
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void enter(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		perror(path);
		exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	int64_t begin, end;
	int error, status;
	pid_t pid;

	if (argc > 2 && !strcmp(argv[1], "-g")) {
		enter(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: launch [-g CGROUP] OUTPUT COMMAND [ARGUMENT]...\n");
		return 2;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);

	begin = now();
	error = posix_spawnp(&pid, argv[2], &files, NULL, argv + 2, environ);
	if (error) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(error));
		return 1;
	}
	if (waitpid(pid, &status, 0) != pid) {
		perror("waitpid");
		return 1;
	}
	end = now();
	printf("%lld %lld %d\n", (long long)begin, (long long)end, status);
	return 0;
}
