"""`python -m babou` is the command line."""

from babou._cli import main

main()
