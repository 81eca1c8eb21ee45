#!/usr/bin/perl
# Exports the attributes of events as CSV: type, value, comment. The query is on stdin, the answer goes to stdout.
use strict;
use warnings;
use Encode qw(encode_utf8);
use JSON::PP;
use MIME::Base64;

my $query = decode_json(do { local $/; <STDIN> });
my @lines = (['type', 'value', 'comment']);
for my $event (@{ $query->{data} // [] }) {
    # MISP hands over the parts of an event beside it, newer ones inside it.
    my $attributes = $event->{Attribute} // ($event->{Event} // {})->{Attribute} // [];
    push @lines, [$_->{type}, $_->{value}, $_->{comment} // ''] for @$attributes;
}
my $csv = join '', map { join(',', map { quoted($_) } @$_) . "\r\n" } @lines;
print encode_json({ response => [], data => encode_base64(encode_utf8($csv), '') });

sub quoted {
    my ($field) = @_;
    return $field unless $field =~ /[",\r\n]/;
    $field =~ s/"/""/g;
    return qq("$field");
}
