// SPDX-License-Identifier: GPL-2.0-only
//
// Counts primes with a sieve in pieces, and writes a line for each piece. A program of the plainest
// kind: static, one thread, stdio.
//
// BUILD: static
// LIBS: -lm
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 65536
#define PIECES 3500

int main(void)
{
	static unsigned char composite[PIECE];
	static uint32_t primes[6000];
	uint64_t total = 0, sum = 0, piece, number, i, count = 0;
	double logs = 0;
	FILE *out = fopen("pieces", "w"), *result;

	if (!out)
		return 1;
	for (number = 2; count < 3500; number++) {
		for (i = 0; i < count && primes[i] * primes[i] <= number; i++)
			if (number % primes[i] == 0)
				break;
		if (i == count || primes[i] * primes[i] > number)
			primes[count++] = number;
	}
	for (piece = 0; piece < PIECES; piece++) {
		uint64_t first = piece * PIECE, found = 0;

		memset(composite, 0, sizeof(composite));
		for (i = 0; i < count && (uint64_t)primes[i] * primes[i] < first + PIECE; i++) {
			uint64_t p = primes[i], at = first <= p * p ? p * p : (first + p - 1) / p * p;

			for (; at < first + PIECE; at += p)
				composite[at - first] = 1;
		}
		for (i = first < 2 ? 2 - first : 0; i < PIECE; i++) {
			if (!composite[i]) {
				found++;
				sum += (first + i) * (piece + 1);
			}
		}
		total += found;
		logs += log((double)found);
		fprintf(out, "%llu %llu\n", (unsigned long long)first, (unsigned long long)found);
	}
	if (fclose(out) != 0)
		return 1;
	result = fopen("result", "w");
	if (!result)
		return 1;
	fprintf(result, "%llu %llu %.17g\n", (unsigned long long)total, (unsigned long long)sum, logs);
	return fclose(result) != 0;
}
