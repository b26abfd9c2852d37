// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making credentials, acting with them and taking them on; and the parts of a task's credentials
 * that no image holds: security labels, session keyrings.
 */
#include <keys/user-type.h>
#include <linux/assoc_array_priv.h>
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/key-type.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "../helpers.h"

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

/* Whether setgroups(2) would let the caller choose its groups. */
bool ckpt_may_choose_groups(void)
{
	struct user_namespace *ns = current_user_ns();

	return ns_capable_setid(ns, CAP_SETGID) && READ_ONCE(ns->gid_map.nr_extents) &&
	       READ_ONCE(ns->flags) & USERNS_SETGROUPS_ALLOWED;
}

/* Whether prctl(2) would let the caller set its securebits to these. */
bool ckpt_may_have_securebits(unsigned int bits)
{
	/* What a program asks of itself, and PR_SET_KEEPCAPS. */
	const unsigned int by_all = SECURE_ALL_UNPRIVILEGED | SECURE_ALL_UNPRIVILEGED << 1 |
				    SECBIT_KEEP_CAPS;
	const struct cred *cred = current_cred();
	unsigned int changed = cred->securebits ^ bits;
	unsigned int locks = cred->securebits & SECURE_ALL_LOCKS;

	if (changed & locks >> 1 || locks & ~bits || bits & ~(SECURE_ALL_LOCKS | SECURE_ALL_BITS))
		return false;
	return !(changed & ~by_all) || ns_capable(cred->user_ns, CAP_SETPCAP);
}

/* Whether prctl(2) would let the caller take capabilities out of its bounding set. */
bool ckpt_may_lower_bounds(void)
{
	return ns_capable(current_user_ns(), CAP_SETPCAP);
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

/* The keys of one user are not for another: that one goes by its own until it joins a session. */
static void ckpt_cred_leave_session(struct cred *new)
{
	if (!new->session_keyring || uid_eq(new->session_keyring->uid, new->uid))
		return;
	key_put(new->session_keyring);
	new->session_keyring = NULL;
}

/* Asks the security modules as setresuid(2), setresgid(2) and setgroups(2) do. */
static int ckpt_cred_ask(struct cred *new)
{
	const struct cred *old = current_cred();
	int ret = ckpt_sym_security_task_fix_setgroups(new, old) ?:
		  ckpt_sym_security_task_fix_setgid(new, old, LSM_SETID_RES) ?:
		  ckpt_sym_security_task_fix_setuid(new, old, LSM_SETID_RES);

	/* That a user other than root has none is undone: they are set by themselves. */
	new->cap_inheritable = old->cap_inheritable;
	new->cap_permitted = old->cap_permitted;
	new->cap_effective = old->cap_effective;
	new->cap_ambient = old->cap_ambient;
	return ret;
}

/*
 * Credentials like the caller's, with other users and groups.  Its capabilities stay.
 *
 * Return: ERR_PTR(-EINVAL) when a number means no user or group, ERR_PTR(-ENOMEM), and what a
 * security module says.
 */
struct cred *ckpt_cred_prepare(const struct ckpt_cred_ids *ids, const u32 *gids, u32 count)
{
	struct cred *new = prepare_creds();
	int ret;

	if (!new)
		return ERR_PTR(-ENOMEM);
	ret = ckpt_cred_users(new, ids) ?: ckpt_cred_account(new) ?:
	      ckpt_cred_groups(new, gids, count) ?: ckpt_cred_ask(new);
	if (ret) {
		abort_creds(new);
		return ERR_PTR(ret);
	}
	ckpt_cred_leave_session(new);
	return new;
}

/* Sets the capabilities of credentials that no other task knows yet, with the checks of capset(2). */
int ckpt_cred_set_caps(struct cred *new, u64 effective, u64 inheritable, u64 permitted)
{
	kernel_cap_t sets[] = { { effective }, { inheritable }, { permitted } };

	return ckpt_sym_security_capset(new, current_cred(), &sets[0], &sets[1], &sets[2]);
}

/* Makes credentials the caller's, and takes the reference over. */
void ckpt_cred_commit(struct cred *new)
{
	commit_creds(new);
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

/*
 * No label is an empty one.  AppArmor does not tell those of credentials, and that of a task without a
 * reference; it is freed after a grace period of RCU.
 */
static int ckpt_label(struct task_struct *task, struct lsm_context *label)
{
	struct lsm_prop prop;
	int ret;

	rcu_read_lock();
	security_task_getlsmprop_obj(task, &prop);
	ret = security_lsmprop_to_secctx(&prop, label, LSM_ID_UNDEF);
	rcu_read_unlock();
	if (ret == -EOPNOTSUPP) {
		*label = (struct lsm_context) {};
		return 0;
	}
	return ret < 0 ? ret : 0;
}

static bool ckpt_label_is(const struct lsm_context *label, const char *text, u32 len)
{
	return label->len == len && !memcmp(label->context, text, len);
}

/*
 * Whether a task has another security label than the caller's, or one that confines: that of an
 * AppArmor profile.  Its text, cut to fit, is for messages.
 *
 * Return: 1 or 0, -ENOMEM.
 */
int ckpt_foreign_label(struct task_struct *task, char *text, unsigned int len)
{
	static const char free[] = "unconfined";
	struct lsm_context its, ours;
	int ret = ckpt_label(task, &its);

	if (ret)
		return ret;
	ret = ckpt_label(current, &ours);
	if (ret) {
		security_release_secctx(&its);
		return ret;
	}
	ret = !ckpt_label_is(&its, ours.context, ours.len) ||
	      (its.id == LSM_ID_APPARMOR && !ckpt_label_is(&its, free, strlen(free)));
	if (its.len)
		strscpy(text, its.context, min(len, its.len + 1));
	else
		strscpy(text, "none", len);
	security_release_secctx(&its);
	security_release_secctx(&ours);
	return ret;
}

/* Whether a keyring is one that all processes of the credentials' user have: "_uid" or "_uid_ses". */
static bool ckpt_is_users_keyring(const struct key *key, const struct cred *cred)
{
	return test_bit(KEY_FLAG_UID_KEYRING, &key->flags) && uid_eq(key->uid, cred->user->uid);
}

/* Whether a session keyring holds anything but the user's keyring.  Under RCU. */
static bool ckpt_holds_keys(const struct key *keyring, const struct cred *cred)
{
	const struct assoc_array_ptr *root = READ_ONCE(keyring->keys.root);
	const struct assoc_array_node *node;
	unsigned int i;

	if (!root)
		return false;
	if (!assoc_array_ptr_is_node(root))
		return true;
	node = assoc_array_ptr_to_node(root);
	for (i = 0; i < ASSOC_ARRAY_FAN_OUT; i++) {
		const struct assoc_array_ptr *slot = READ_ONCE(node->slots[i]);
		unsigned long leaf = (unsigned long)slot;

		if (!slot)
			continue;
		/* The second bit of a leaf tells keyrings from keys (security/keys/keyring.c). */
		if (!assoc_array_ptr_is_leaf(slot) ||
		    !ckpt_is_users_keyring((const struct key *)(leaf & ~3ul), cred))
			return true;
	}
	return false;
}

/*
 * Whether credentials have a session keyring of their own: neither the caller's nor the one that the
 * user has without any, and not one that holds no more than that does, as a login makes it.
 */
bool ckpt_has_session_keyring(const struct cred *cred)
{
	const struct key *keyring = cred->session_keyring;
	bool own;

	if (!keyring || keyring == current_cred()->session_keyring ||
	    ckpt_is_users_keyring(keyring, cred))
		return false;
	rcu_read_lock();
	own = ckpt_holds_keys(keyring, cred);
	rcu_read_unlock();
	return own;
}
