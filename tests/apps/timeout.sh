#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs things that end in time and things that do not; how each ended is in the file `result`.

for turn in 1 2 3 4; do
	timeout 10000 bash -c 'sum=0; for ((i = 0; i < 40000; i++)); do ((sum += i)); done; echo $sum' >>result
	echo "turn $turn: $?" >>result
	timeout 0.5 sleep 10000
	echo "turn $turn, too late: $?" >>result
	timeout -s CONT -k 0.3 0.3 sleep 10000
	echo "turn $turn, killed: $?" >>result
done
