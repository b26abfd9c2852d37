// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of unexported symbols, resolved once when the module is loaded.
 */
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "helpers.h"

/* Functions: a static call for each, patched when its address is known. */
#define CKPT_SYM(kind, ret, name, proto, args, why, without)		\
	extern ret ckpt_proto_##name proto;				\
	DEFINE_STATIC_CALL_NULL(ckpt_call_##name, ckpt_proto_##name);	\
	ret ckpt_sym_##name proto					\
	{								\
		return static_call(ckpt_call_##name) args;		\
	}
#define CKPT_DATA(kind, type, name, why, without)
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA

unsigned long ckpt_proto_kallsyms(const char *name);
DEFINE_STATIC_CALL_NULL(ckpt_call_kallsyms, ckpt_proto_kallsyms);

enum {
#define CKPT_SYM(kind, ret, name, proto, args, why, without) CKPT_ROW_##name,
#define CKPT_DATA(kind, type, name, why, without) CKPT_ROW_##name,
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA
	CKPT_ROWS
};

#define CKPT_IS_core		true
#define CKPT_IS_optional	false

static struct ckpt_symbol ckpt_symbols[CKPT_ROWS] = {
#define CKPT_SYM(kind, ret, symbol, proto, args, reason, loss)		\
	[CKPT_ROW_##symbol] = {						\
		.name = #symbol, .why = reason, .without = loss,	\
		.core = CKPT_IS_##kind,					\
	},
#define CKPT_DATA(kind, type, symbol, reason, loss)			\
	CKPT_SYM(kind, type, symbol, (), (), reason, loss)
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA
};

/* Data: the address itself. */
#define CKPT_SYM(kind, ret, name, proto, args, why, without)
#define CKPT_DATA(kind, type, name, why, without)			\
	type *ckpt_data_##name(void)					\
	{								\
		return (type *)ckpt_symbols[CKPT_ROW_##name].address;	\
	}
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA

unsigned int ckpt_nr_symbols(void)
{
	return CKPT_ROWS;
}

const struct ckpt_symbol *ckpt_symbol(unsigned int i)
{
	return i < CKPT_ROWS ? &ckpt_symbols[i] : NULL;
}

/*
 * kallsyms_lookup_name() itself is not exported; a kprobe on it knows where it
 * is.  With IBT the probe sits behind the ENDBR, which a direct call may skip.
 */
static int ckpt_find_kallsyms(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	static_call_update(ckpt_call_kallsyms, (typeof(&ckpt_proto_kallsyms))probe.addr);
	unregister_kprobe(&probe);
	return 0;
}

/**
 * ckpt_resolve_symbols() - find every symbol of the table
 *
 * The caller looks for rows without an address afterwards.
 *
 * Return: 0, or the error of the kprobe.
 */
int ckpt_resolve_symbols(void)
{
	unsigned int i;
	int ret = ckpt_find_kallsyms();

	if (ret)
		return ret;
	for (i = 0; i < CKPT_ROWS; i++)
		ckpt_symbols[i].address =
			static_call(ckpt_call_kallsyms)(ckpt_symbols[i].name);

#define CKPT_SYM(kind, ret, name, proto, args, why, without)		\
	if (ckpt_symbols[CKPT_ROW_##name].address)			\
		static_call_update(ckpt_call_##name,			\
			(typeof(&ckpt_proto_##name))			\
			ckpt_symbols[CKPT_ROW_##name].address);
#define CKPT_DATA(kind, type, name, why, without)
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA
	return 0;
}
