"""`manage.py delegate`: one requirement, end to end, in a terminal."""
