# SPDX-License-Identifier: GPL-2.0-only
#
# Entry points; `make help` lists them.  The work is done by the scripts in tools/lab, the
# rules of the kernel module are in Kbuild.

LAB := tools/lab
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
export KVER V CKPT_CACHE CKPT_MIRROR CKPT_MUTATE CKPT_PART CKPT_FUZZ CKPT_FUZZ_RUNS CKPT_FUZZ_SECONDS CKPT_FUZZ_JOBS

.DEFAULT_GOAL := all
.PHONY: all module tools tests demo check check-all check-debug check-systemd soak bench fuzz shell vm test lab tables pictures fmt lint doc \
	install uninstall clean distclean help

all: module tools ## Build the kernel module and the tools (default)

module: ## Build ckpt.ko for the stock kernel: build/RELEASE/ckpt.ko
	@$(LAB)/module

tools: ## Build the command-line tools: build/bin
	@$(LAB)/userspace tools

tests: ## Build the test programs: build/tests
	@$(LAB)/userspace tests

demo: ## Checkpoint, kill and restart a running Python program, in a VM
	@$(LAB)/demo

check: ## Everything: build, unit tests, lint, all tests in a VM
	@$(LAB)/check

check-all: ## The same with every mode of every test and more rounds (about twice as long)
	@CKPT_ALL=1 $(LAB)/check

check-debug: ## All tests in a VM with the debug kernel (takes hours; KVER=debug chooses it elsewhere)
	@KVER=debug $(LAB)/check

check-systemd: ## Tests in a VM whose init is systemd, with control groups of both versions
	@$(LAB)/systemd

soak: ## Kills and damaged images with new seeds for MINUTES (60), until something fails
	@$(LAB)/soak "$(MINUTES)"

bench: ## Measure against criu in counted-instruction mode: build/results
	@$(LAB)/bench

fuzz: ## Fuzz what reads images, in user space: make fuzz [CKPT_FUZZ_SECONDS=600]
	@$(LAB)/fuzz

shell: ## An interactive VM, module loaded, tools on PATH (leave with exit)
	@$(LAB)/run build && { $(LAB)/vm --shell $(VMFLAGS); true; }

vm: ## Run one command in a VM: make vm CMD='…' [VMFLAGS='--mem 2048 --smp 1']
	@$(LAB)/run command

test: ## Run a single test in the VM: make test T=name
	@$(LAB)/run test

lab: ## Only set the lab up: build root, kernel, guest
	@$(LAB)/setup

tables: ## Write the tables of image-format.md from the declarations of the records
	@$(LAB)/userspace cargo run --quiet --locked -p ckpt_image --features testing --example tables

pictures: ## Draw the pictures of the documents: Documentation/pictures
	@python3 $(LAB)/pictures.py Documentation

fmt: ## Format the Rust sources
	@$(LAB)/lint fmt

lint: ## The gates over sources and documents: rustfmt, clippy, tables, pictures, symbols, scripts
	@$(LAB)/lint

doc: ## rustdoc of the module and the tools: build/doc
	@$(LAB)/doc

install: ## Install module, tools and man pages on this machine (root)
	@$(LAB)/install

uninstall: ## Remove what install put in place (root)
	@$(LAB)/install remove

clean: ## Remove what was built; the lab stays
	@rm -rf build

distclean: clean ## Remove the lab's cache as well
	@$(LAB)/setup remove

help: ## This list
	@echo "usage: make [KVER=7.3.4] TARGET"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 14
