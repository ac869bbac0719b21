"""The addresses, a module for each kind of answer; ``readings`` takes posts, the others only tell."""
