#!/usr/bin/perl
# Imports a list of IP addresses and names, one a line. The query is on stdin, the answer goes to stdout.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

my $query = decode_json(do { local $/; <STDIN> });
my $text = decode_base64($query->{data} // '');
utf8::decode($text) or answer({ error => 'Expected a file of text in UTF-8.', results => [] });
my @lines = grep { /\S/ && !/^\s*#/ } split /\r?\n/, $text;
s/^\s+|\s+$//g for @lines;
answer({ error => 'Expected a line for each address or name, found none.', results => [] }) unless @lines;

# MISP sends what was ticked as "1" or "0".
my $answers = $query->{config} // {};
my %about = (comment => $answers->{comment} // '', to_ids => ($answers->{for_ids} // '0') eq '1' ? JSON::PP::true : JSON::PP::false);
my @addresses = grep { is_address($_) } @lines;
my @names = grep { !is_address($_) } @lines;
my @found = ({ types => ['ip-dst'], values => \@addresses, %about }, { types => ['domain'], values => \@names, %about });
answer({ results => [grep { @{ $_->{values} } } @found] });

sub is_address {
    return $_[0] =~ /^[\d.]+$|:/;
}

sub answer {
    print encode_json($_[0]);
    exit 0;
}
