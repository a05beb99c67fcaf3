"""One file a command; each is parse, call, print."""
