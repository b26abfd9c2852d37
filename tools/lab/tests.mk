# SPDX-License-Identifier: GPL-2.0-only
#
# The programs that are tested on, run by make inside the build root: C with gcc, against the
# guest's C library; Rust with rustc.  A source may say in comment lines of its own
#	// BUILD: static	link statically
#	// LIBS: -lpthread	more libraries
#	// CFLAGS: -O0		other flags

CC := gcc-14
CFLAGS := -O2 -g -Wall -Wextra -Werror -std=gnu11 -D_GNU_SOURCE -Iinclude/uapi -Itests/selftests
OUT := build/tests

selftests := $(wildcard tests/selftests/*.c tests/selftests/*/*.c)
others := $(wildcard tests/apps/*.c tests/apps/*/*.c tests/bench/*.c)
examples := $(wildcard tools/examples/*.c)
rust := $(wildcard tests/apps/*.rs)

programs := $(patsubst tests/selftests/%.c,$(OUT)/%,$(selftests)) \
	$(patsubst tests/%.c,$(OUT)/%,$(others)) \
	$(patsubst tests/%.rs,$(OUT)/%,$(rust)) \
	$(patsubst tools/examples/%.c,build/examples/%,$(examples))

all: $(programs)

says = $(shell sed -n 's|^.*\b$(1): *\(.*[^ */]\)[ */]*$$|\1|p' $(2))

define compile
@mkdir -p $(@D)
@echo "  CC      $@"
@$(CC) $(CFLAGS) $(call says,CFLAGS,$<) $(if $(filter static,$(call says,BUILD,$<)),-static) \
	-MMD -MP -MF $(@D)/.$(@F).d -o $@ $< $(call says,LIBS,$<)
endef

$(OUT)/%: tests/selftests/%.c tools/lab/tests.mk
	$(compile)

$(OUT)/%: tests/%.c tools/lab/tests.mk
	$(compile)

build/examples/%: tools/examples/%.c tools/lab/tests.mk
	$(compile)

$(OUT)/%: tests/%.rs tools/lab/tests.mk
	@mkdir -p $(@D)
	@echo "  RUSTC   $@"
	@rustc --edition 2021 -O -C target-feature=+crt-static -o $@ $<

.PHONY: all
-include $(foreach program,$(programs),$(dir $(program)).$(notdir $(program)).d)
