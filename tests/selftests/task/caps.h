/* SPDX-License-Identifier: GPL-2.0-only */
/* Doing without a capability. */
#ifndef CAPS_H
#define CAPS_H

#include "../ckpt_test.h"
#include <linux/capability.h>

/* The caller has it no more, for good. */
static inline void drop_capability(int capability)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	unsigned int bit = CAP_TO_MASK(capability), word = CAP_TO_INDEX(capability);

	SYS(syscall(SYS_capget, &head, data));
	data[word].effective &= ~bit;
	data[word].permitted &= ~bit;
	SYS(syscall(SYS_capset, &head, data));
}

#endif /* CAPS_H */
