"""The LangGraph graphs. Nodes are synchronous, have one effect each, and keep only ids and small JSON in their state."""
