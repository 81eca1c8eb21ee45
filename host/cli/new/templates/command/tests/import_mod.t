#!/usr/bin/perl
# Tests of example_module, without a server: each gives the program a query, as a host would.
use strict;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;
use MIME::Base64;
use Test::More tests => 2;

my $program = dirname(__FILE__) . '/../import_mod/example_module.pl';

sub ask {
    my ($query) = @_;
    my $pid = open2(my $answer, my $asked, $program);
    print $asked encode_json($query);
    close $asked;
    my $text = do { local $/; <$answer> };
    waitpid $pid, 0;
    return decode_json($text);
}

my $file = encode_base64("# a list\n198.51.100.7\nexample.com\n\n2001:db8::1\n", '');
my $answer = ask({ data => $file, config => { comment => 'seen', for_ids => '1' } });
my %about = (comment => 'seen', to_ids => JSON::PP::true);
my $addresses = { types => ['ip-dst'], values => ['198.51.100.7', '2001:db8::1'], %about };
my $names = { types => ['domain'], values => ['example.com'], %about };
is_deeply($answer->{results}, [$addresses, $names], 'each line is an attribute of the type that it looks like');

$answer = ask({ data => encode_base64("\n", '') });
is($answer->{error}, 'Expected a line for each address or name, found none.', 'an empty file is answered with an error');
