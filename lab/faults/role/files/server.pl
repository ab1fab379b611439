use strict;
use warnings;
use IO::Socket::INET;
# Generation @G@. Says which generation its file had when it started and which its unit has.
open my $file, '<', '/etc/fault/app.conf' or die "app.conf: $!";
my ($generation) = join('', <$file>) =~ /^generation=(\d+)/m or die 'no generation';
close $file;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 8081, Listen => 8, ReuseAddr => 1) or die "port: $!";
$SIG{PIPE} = 'IGNORE';
while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\r?$/ }
    my $body = "file=$generation unit=$ENV{GENERATION}\n";
    print $client "HTTP/1.0 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
    close $client;
}
