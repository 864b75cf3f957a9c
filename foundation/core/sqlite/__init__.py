"""The database of the embedded profile: Django's SQLite, whose writers take turns."""
