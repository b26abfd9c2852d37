# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Is KVM there, and does a guest really boot with it?  /dev/kvm alone does not tell.

KVM_BOOT=$(cat /proc/sys/kernel/random/boot_id)

kvm_asked() { [ ! -w /dev/kvm ] || [ "$(cut -d' ' -f1 "$CACHE/kvm" 2>/dev/null)" = "$KVM_BOOT" ]; }

# Boots once, and keeps the answer until the host boots anew.
kvm_ask() {
	local answer=no
	# Early boot is where a broken KVM stops; a working one is through in a second.
	if timeout "$((10 * TIME_FACTOR))" qemu-system-x86_64 -accel kvm -cpu host -m 512 -nodefaults -no-reboot \
		-display none -serial stdio -kernel "$KDIR/vmlinuz" -initrd "$KDIR/initrd.img" \
		-append "console=ttyS0 quiet panic=-1 ckpt.probe" </dev/null 2>/dev/null |
		grep -q ckpt-probe-ok; then
		answer=yes
	fi
	echo "$KVM_BOOT $answer" >"$CACHE/kvm.$$"
	mv "$CACHE/kvm.$$" "$CACHE/kvm"
}

kvm_works() {
	[ -w /dev/kvm ] || return 1
	kvm_asked || kvm_ask
	[ "$(cut -d' ' -f2 "$CACHE/kvm")" = yes ]
}
