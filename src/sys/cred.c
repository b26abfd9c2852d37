// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials that are made for opening files, and acting with them.
 */
#include <linux/cred.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "helpers.h"

/* Whether setresuid(2) would let the caller become this user. */
bool ckpt_may_be_user(u32 uid)
{
	const struct cred *cred = current_cred();
	kuid_t wanted = make_kuid(cred->user_ns, uid);

	return uid_eq(wanted, cred->uid) || uid_eq(wanted, cred->euid) ||
	       uid_eq(wanted, cred->suid) || ns_capable(cred->user_ns, CAP_SETUID);
}

/* Whether setresgid(2) would let the caller be of this group. */
bool ckpt_may_be_group(u32 gid)
{
	const struct cred *cred = current_cred();
	kgid_t wanted = make_kgid(cred->user_ns, gid);

	return gid_eq(wanted, cred->gid) || gid_eq(wanted, cred->egid) ||
	       gid_eq(wanted, cred->sgid) || ns_capable(cred->user_ns, CAP_SETGID);
}

bool ckpt_cred_capable(int capability)
{
	return ns_capable(current_user_ns(), capability);
}

static int ckpt_cred_users(struct cred *new, const struct ckpt_cred_ids *ids)
{
	struct user_namespace *ns = new->user_ns;

	new->uid = make_kuid(ns, ids->uid);
	new->euid = make_kuid(ns, ids->euid);
	new->suid = make_kuid(ns, ids->suid);
	new->fsuid = make_kuid(ns, ids->fsuid);
	new->gid = make_kgid(ns, ids->gid);
	new->egid = make_kgid(ns, ids->egid);
	new->sgid = make_kgid(ns, ids->sgid);
	new->fsgid = make_kgid(ns, ids->fsgid);
	if (!uid_valid(new->uid) || !uid_valid(new->euid) || !uid_valid(new->suid) ||
	    !uid_valid(new->fsuid) || !gid_valid(new->gid) || !gid_valid(new->egid) ||
	    !gid_valid(new->sgid) || !gid_valid(new->fsgid))
		return -EINVAL;
	return 0;
}

/* Whose limits count: those of the real user, as with setresuid(2). */
static int ckpt_cred_account(struct cred *new)
{
	struct user_struct *user;

	if (uid_eq(new->uid, new->user->uid))
		return 0;
	user = ckpt_sym_alloc_uid(new->uid);
	if (!user)
		return -ENOMEM;
	free_uid(new->user);
	new->user = user;
	return ckpt_sym_set_cred_ucounts(new);
}

static int ckpt_cred_groups(struct cred *new, const u32 *gids, u32 count)
{
	struct group_info *info = groups_alloc(count);

	if (!info)
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		info->gid[i] = make_kgid(new->user_ns, gids[i]);
		if (!gid_valid(info->gid[i])) {
			put_group_info(info);
			return -EINVAL;
		}
	}
	groups_sort(info);
	set_groups(new, info);
	put_group_info(info);
	return 0;
}

/*
 * Credentials like the caller's, with other users and groups.  Capabilities are still to be set.
 *
 * Return: ERR_PTR(-EINVAL) when a number means nobody, ERR_PTR(-ENOMEM).
 */
struct cred *ckpt_cred_prepare(const struct ckpt_cred_ids *ids, const u32 *gids, u32 count)
{
	struct cred *new = prepare_creds();
	int ret;

	if (!new)
		return ERR_PTR(-ENOMEM);
	ret = ckpt_cred_users(new, ids) ?: ckpt_cred_account(new) ?: ckpt_cred_groups(new, gids, count);
	if (ret) {
		abort_creds(new);
		return ERR_PTR(ret);
	}
	return new;
}

/* The caller acts with these until ckpt_revert_creds() is called with what this returns. */
const struct cred *ckpt_override_creds(const struct cred *cred)
{
	return override_creds(cred);
}

void ckpt_revert_creds(const struct cred *before)
{
	revert_creds(before);
}
