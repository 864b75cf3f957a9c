"""Pages that need every room."""
