"""The web half: every address in routes.py, every handler parse, call, answer."""
