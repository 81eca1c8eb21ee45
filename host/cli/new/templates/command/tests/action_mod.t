#!/usr/bin/perl
# Tests of example_module, without a server: each gives the program a query, as a host would.
use strict;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;
use Test::More tests => 2;

my $program = dirname(__FILE__) . '/../action_mod/example_module.pl';

sub ask {
    my ($query) = @_;
    my $pid = open2(my $answer, my $asked, $program);
    print $asked encode_json($query);
    close $asked;
    my $text = do { local $/; <$answer> };
    waitpid $pid, 0;
    return decode_json($text);
}

my $data = { Event => { info => 'New Malware' } };
is_deeply(ask({ data => $data, params => { word => 'malware' } }), { data => JSON::PP::true }, 'a workflow goes on where the word is in the title');
is(ask({ data => $data, params => { word => 'phishing' } })->{error}, '"phishing" is not in the title "New Malware".', 'and stops where it is not');
