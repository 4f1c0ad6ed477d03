"""Voice to face motion to picture. May import `dialogue`'s sound and speech values; never `agent`."""
