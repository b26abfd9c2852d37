/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about pseudo-terminals have in common.
 */
#ifndef CKPT_SYS_FILES_PTY_H
#define CKPT_SYS_FILES_PTY_H

#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/types.h>

struct dentry;
struct file;
struct tty_struct;

/* Device number of /dev/tty. */
#define CKPT_TTY	MKDEV(TTYAUX_MAJOR, 0)

struct tty_struct *ckpt_pty_of(struct file *file);
struct tty_struct *ckpt_pty_end_of(struct file *file, bool master);
bool ckpt_is_master(struct tty_struct *tty);
struct dentry *ckpt_pty_node(struct file *master);

#endif /* CKPT_SYS_FILES_PTY_H */
