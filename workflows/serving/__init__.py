"""The platform as a server of tools, at /mcp: the same services, selectors and rights as everywhere."""
