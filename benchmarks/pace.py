"""How often both sides of `live` tell something."""

PACE_SECONDS = 0.03
