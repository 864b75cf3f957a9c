"""Tools of MCP servers. The only room that knows the protocol's library; `gateway.tools` decides what may be called."""
