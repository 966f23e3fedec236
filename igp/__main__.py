"""`python -m igp` is `igp`."""

from igp.cli import main

if __name__ == "__main__":
    main()
