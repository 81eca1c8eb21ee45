#!/usr/bin/perl
# One process for many queries: the form `frames`.
use strict;
use warnings;

binmode STDIN;
binmode STDOUT;
$| = 1;

while (defined(my $length = take(4))) {
    my ($header, $body) = split /\n/, take(unpack 'N', $length), 2;
    my ($id) = $header =~ /"id":"([^"]+)"/;
    my $answer = eval { check($body) };
    my ($outcome, $payload) = defined $answer ? ('success', $answer) : ('exception', $@);
    my $frame = qq({"type":"result","id":"$id","outcome":"$outcome"}\n$payload);
    print pack('N', length $frame), $frame;
}

# So many bytes of stdin; undef where it has ended, which is when to leave.
sub take {
    my ($bytes) = @_;
    my $taken = '';
    while (length $taken < $bytes) {
        read(STDIN, $taken, $bytes - length $taken, length $taken) or return undef;
    }
    return $taken;
}

# A program that is more than an example reads its query with a JSON library.
sub check {
    my ($body) = @_;
    my ($iban) = $body =~ /"iban"\s*:\s*"([^"]*)"/ or return '{"error":"an IBAN is required"}';
    my $compact = uc $iban =~ s/\s//gr;
    $compact =~ /^([A-Z]{2}\d\d)([A-Z0-9]{1,30})$/ or die "expected an IBAN such as GB82 WEST 1234 5698 7654 32, found $iban\n";
    my $rest = 0;
    $rest = ($rest * 10 + $_) % 97 for split //, join '', map { /\d/ ? $_ : ord($_) - 55 } split //, $2 . $1;
    my $verdict = $rest == 1 ? 'right' : 'wrong';
    return qq({"results":[{"types":["text"],"values":["The check digits are $verdict"]}]});
}
