#!/usr/bin/env perl
# Peer program: an application of Mojolicious for Hypnotoad, one handler per case of the benchmark. Settings come from the
# file that BENCH_SETTINGS names, the handler's name from BENCH_HANDLER.
use Mojolicious::Lite -signatures;
use Mojo::JSON qw(decode_json);
use Mojo::File qw(path);

app->config(hypnotoad => decode_json(path($ENV{BENCH_SETTINGS})->slurp));

my $large    = 'x' x (64 * 1024);
my %handlers = (
  hello => sub ($c) { $c->render(data => 'hi',              format => 'txt') },
  post  => sub ($c) { $c->render(data => $c->req->body,     format => 'txt') },
  large => sub ($c) { $c->render(data => $large,            format => 'txt') },
);

any '/*rest' => {rest => ''} => $handlers{$ENV{BENCH_HANDLER}};
app->start;
