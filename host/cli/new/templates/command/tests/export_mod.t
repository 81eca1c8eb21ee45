#!/usr/bin/perl
# Tests of example_module, without a server: each gives the program a query, as a host would.
use strict;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;
use MIME::Base64;
use Test::More tests => 2;

my $program = dirname(__FILE__) . '/../export_mod/example_module.pl';

sub ask {
    my ($query) = @_;
    my $pid = open2(my $answer, my $asked, $program);
    print $asked encode_json($query);
    close $asked;
    my $text = do { local $/; <$answer> };
    waitpid $pid, 0;
    return decode_json($text);
}

sub exported {
    my (@attributes) = @_;
    return decode_base64(ask({ data => [{ Event => { info => 'test' }, Attribute => \@attributes }] })->{data});
}

my $text = exported({ type => 'domain', value => 'example.com', comment => 'one, two' });
is($text, qq(type,value,comment\r\ndomain,example.com,"one, two"\r\n), 'each attribute is a line');
is(exported(), "type,value,comment\r\n", 'an event without attributes is a file with a head');
