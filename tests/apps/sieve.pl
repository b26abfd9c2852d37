# SPDX-License-Identifier: GPL-2.0-only
#
# Numbers, hashes, formats and files in Perl.  The result goes to "result".

use strict;
use warnings;

my (%digits, @queue, $text);
my $limit = 400_000;
my $sieve = "\1" x ($limit + 1);
open my $out, '>', 'primes' or die;
for my $number (2 .. $limit) {
	next unless ord substr $sieve, $number, 1;
	for (my $multiple = $number * $number; $multiple <= $limit; $multiple += $number) {
		substr $sieve, $multiple, 1, "\0";
	}
	$digits{ substr $number, -2 }++;
	push @queue, $number;
	shift @queue if @queue > 20;
	if ($number % 100 == 37) {
		printf $out "%06d %s\n", $number, join ',', reverse @queue;
	}
	$text .= chr(97 + $number % 26);
	$text =~ s/([aeiou])\1+/$1/g if length $text > 400;
	$text = substr $text, -100 if length $text > 500;
}
close $out or die;
open my $result, '>', 'result' or die;
print $result "$_ $digits{$_}\n" for sort keys %digits;
printf $result "%s %.15g\n", $text, sqrt $queue[-1];
close $result or die;
