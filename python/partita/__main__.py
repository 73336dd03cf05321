"""`python -m partita`: the command line, where the command `partita` is not on the path."""

from partita.cli import main

if __name__ == "__main__":
    main()
