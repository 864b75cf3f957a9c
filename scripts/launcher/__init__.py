"""The launcher behind scripts/bootstrap.py: standard library only, Python 3.8 and later."""
