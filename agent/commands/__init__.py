"""One module a command; `agent.cli` imports each only when it is asked for."""
