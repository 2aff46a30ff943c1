# Peer program: a PSGI application for Starman, one handler per case of the benchmark; BENCH_HANDLER has its name.
use strict;
use warnings;

my @text  = ('Content-Type' => 'text/plain');
my $large = 'x' x (64 * 1024);

sub body_of {
  my ($env) = @_;
  my $body = '';
  $env->{'psgi.input'}->read($body, $env->{CONTENT_LENGTH}) if $env->{CONTENT_LENGTH};
  return $body;
}

my %handlers = (
  hello => sub { [200, [@text, 'Content-Length' => 2],             ['hi']] },
  post  => sub { [200, [@text], [body_of($_[0])]] },
  large => sub { [200, [@text, 'Content-Length' => length $large], [$large]] },
);

$handlers{$ENV{BENCH_HANDLER}};
