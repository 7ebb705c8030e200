"""`python -m forerun.cli` is `forerun`."""

from forerun.cli import main

main()
