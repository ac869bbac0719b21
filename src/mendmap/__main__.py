"""``python -m mendmap``: the same as the command ``mendmap``."""

from mendmap.cli import main

main(prog_name="mendmap")
