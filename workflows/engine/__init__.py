"""The engine: who may work on what (leases), where graphs are kept (checkpoints), what drives them (runs, tasks, sweep)."""
