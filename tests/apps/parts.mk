# SPDX-License-Identifier: GPL-2.0-only
#
# Work for `make -j4`: many parts by several programs each, some of them by a make of its own that takes
# its turns from the same jobserver.  What comes of it does not depend on who was first.

PARTS := 1 2 3 4 5 6
DEEP := 7 8 9 10

result: $(PARTS:%=%.gz) deep
	for part in $(PARTS) $(DEEP); do gzip -d <$$part.gz | cksum; done >$@

deep:
	+$(MAKE) -f parts.mk $(DEEP:%=%.gz)

%.numbers:
	i=0; while [ $$i -lt 100 ]; do echo $$((i * 2654435761 * $* % 1000003)); i=$$((i + 1)); done >$@

%.sorted: %.numbers
	sort -n $< | uniq -c | sort -k 2 -r >$@

%.gz: %.sorted
	cat $< $< $< | sed 's/7/[&]/g' | gzip -n -9 >$@

.PHONY: deep
.SECONDARY:
