"""python -m service.cli is the same as homeward."""

from service.cli import main

main()
