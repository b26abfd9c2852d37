// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.ckpt_unpriv_allowed: which callers may use the two verbs.
 */
#include <linux/sysctl.h>

#include "helpers.h"

static int ckpt_unpriv = 1;

static const struct ctl_table ckpt_table[] = {
	{
		.procname	= "ckpt_unpriv_allowed",
		.data		= &ckpt_unpriv,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
};

static struct ctl_table_header *ckpt_header;

int ckpt_register_sysctl(void)
{
	ckpt_header = register_sysctl("kernel", ckpt_table);
	return ckpt_header ? 0 : -ENOMEM;
}

void ckpt_unregister_sysctl(void)
{
	unregister_sysctl_table(ckpt_header);
}

/**
 * ckpt_unpriv_allowed() - the value of the sysctl
 *
 * Return: 0 when both verbs need CAP_SYS_ADMIN, 1 when only restart does, 2
 * when neither does.
 */
int ckpt_unpriv_allowed(void)
{
	return READ_ONCE(ckpt_unpriv);
}
