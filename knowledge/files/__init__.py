"""The vault's folder: what is in it, reading it, and writing one new note. Nothing here leaves the folder."""
