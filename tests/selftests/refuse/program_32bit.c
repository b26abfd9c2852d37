// SPDX-License-Identifier: GPL-2.0-only
//
// A tree with a 32-bit program in it is refused by that name; the program goes on.
//
// EXPECT: refused EOPNOTSUPP "32-bit program"
#include "../ckpt_test.h"
#include <elf.h>

#define BASE 0x10000

/* pause(2) by int 0x80, for ever. */
static const unsigned char code[] = { 0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7 };

static void write_program(const char *name)
{
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr segment;
		unsigned char code[sizeof(code)];
	} __attribute__((packed)) program = {
		.head = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_386,
			.e_version = EV_CURRENT,
			.e_entry = BASE + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			.e_phoff = sizeof(Elf32_Ehdr),
			.e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_vaddr = BASE,
			.p_filesz = sizeof(program),
			.p_memsz = sizeof(program),
			.p_flags = PF_R | PF_X,
			.p_align = 4096,
		},
	};
	int fd = SYS(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));

	memcpy(program.code, code, sizeof(code));
	CHECK_EQ(write(fd, &program, sizeof(program)), sizeof(program));
	SYS(close(fd));
}

int main(void)
{
	int end[2], error = 0, status;
	pid_t child;

	write_program("program");
	/* Closed by a successful exec. */
	SYS(pipe2(end, O_CLOEXEC));
	child = SYS(fork());
	if (child == 0) {
		execl("./program", "program", NULL);
		error = errno;
		_exit(write(end[1], &error, sizeof(error)) < 0);
	}
	SYS(close(end[1]));
	if (read(end[0], &error, sizeof(error)) > 0)
		ckpt_skip("no 32-bit programs here");
	SYS(close(end[0]));
	ckpt_ready();
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
	SYS(kill(child, SIGKILL));
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, SIGKILL);
	return ckpt_pass();
}
