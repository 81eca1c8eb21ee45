#!/usr/bin/perl
# Tests of example_module, without a server: each gives the program a query, as a host would.
use strict;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;
use Test::More tests => 3;

my $program = dirname(__FILE__) . '/../expansion/example_module.pl';

sub ask {
    my ($query) = @_;
    my $pid = open2(my $answer, my $asked, $program);
    print $asked encode_json($query);
    close $asked;
    my $text = do { local $/; <$answer> };
    waitpid $pid, 0;
    return decode_json($text);
}

my $results = ask({ hostname => 'www.example.com' })->{results};
is_deeply([map { $_->{values} } @$results], [['www, example, com'], ['com']], 'a name is answered with its parts');

$results = ask({ domain => 'example.com', config => { separator => ' / ' } })->{results};
is_deeply($results->[0]{values}, ['example / com'], 'a setting is used');

my $answer = ask({ domain => 'localhost' });
is_deeply($answer, { error => 'Expected a name with a dot in it, found "localhost".', results => [] }, 'what is no name is answered with an error');
