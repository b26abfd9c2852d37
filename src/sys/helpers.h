/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C: inline functions and macros of the kernel, and the
 * unexported functions of symbols.h.  No policy lives here.
 */
#ifndef CKPT_SYS_HELPERS_H
#define CKPT_SYS_HELPERS_H

#include <linux/bvec.h>
#include <linux/version.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify_backend.h>
#include <linux/eventpoll.h>
#include <linux/lsm_hooks.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagewalk.h>
#include <linux/regset.h>
#include <linux/sched/exec_state.h>
#include <linux/sched/signal.h>
#include <linux/signal_types.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <asm/fpu/types.h>
#include <asm/ptrace.h>
#include <asm/vdso.h>
#include <uapi/linux/sched/types.h>

#include "../../include/uapi/linux/ckpt.h"

/* symbols.c: ckpt_sym_NAME() calls NAME, ckpt_data_NAME() is its address */
#define CKPT_SYM(kind, ret, name, proto, args, why, without) \
	ret ckpt_sym_##name proto;
#define CKPT_DATA(kind, type, name, why, without) \
	type *ckpt_data_##name(void);
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA

/**
 * struct ckpt_symbol - one row of the table, as it was resolved
 * @name: the symbol
 * @why: what it is needed for
 * @without: what does not work when it is missing
 * @address: where it is, 0 when the kernel does not have it
 * @core: the module cannot be loaded without it
 */
struct ckpt_symbol {
	const char *name;
	const char *why;
	const char *without;
	unsigned long address;
	bool core;
};

int ckpt_resolve_symbols(void);
unsigned int ckpt_nr_symbols(void);
const struct ckpt_symbol *ckpt_symbol(unsigned int i);

/* sysctl.c */
int ckpt_register_sysctl(void);
void ckpt_unregister_sysctl(void);
int ckpt_unpriv_allowed(void);

/* wait.c */
int ckpt_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry,
			 bool any_signal);
bool ckpt_freeze_here(void);
bool ckpt_fatal_signal(void);

#include "task/task.h"
#include "mm/mm.h"
#include "files/files.h"
#include "../../arch/x86/arch.h"

#endif /* CKPT_SYS_HELPERS_H */
