"""What each page shows, read once: a dataclass per page, filled by selectors."""
