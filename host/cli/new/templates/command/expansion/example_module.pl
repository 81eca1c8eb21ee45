#!/usr/bin/perl
# Says what the parts of a name are. The query is on stdin, the answer goes to stdout, and what is said on stderr to the log.
use strict;
use warnings;
use JSON::PP;

my $query = decode_json(do { local $/; <STDIN> });
my $value = $query->{hostname} // $query->{domain} // '';
my @parts = grep { length } split /\./, $value;

# What can happen is an answer that MISP shows. Ending with another status than 0 is a bug, and is logged as one.
if (@parts < 2) {
    answer({ error => qq(Expected a name with a dot in it, found "$value".), results => [] });
}

# Settings that nobody has filled in are null.
my $separator = ($query->{config} // {})->{separator} // ', ';
print STDERR scalar(@parts), " parts\n";
answer({
    results => [
        { types => ['text'], values => [join $separator, @parts], comment => "Parts of $value" },
        { types => ['text'], values => [$parts[-1]], comment => 'Top level' },
    ],
});

sub answer {
    print encode_json($_[0]);
    exit 0;
}
