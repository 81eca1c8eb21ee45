#!/usr/bin/perl
# Lets a workflow go on only for events whose title has a word in it. The query is on stdin, the answer goes to stdout.
use strict;
use warnings;
use JSON::PP;

my $query = decode_json(do { local $/; <STDIN> });
my $word = ($query->{params} // {})->{word} // '';
my $data = $query->{data};
my $title = ref $data eq 'HASH' ? ($data->{Event} // {})->{info} : undef;

# An error stops the workflow.
if (!defined $title) {
    print encode_json({ error => 'Expected an event with a title.' });
} elsif (index(lc $title, lc $word) < 0) {
    print encode_json({ error => qq("$word" is not in the title "$title".) });
} else {
    print encode_json({ data => JSON::PP::true });
}
