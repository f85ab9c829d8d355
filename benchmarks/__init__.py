"""How fast the engine is, measured beside R on the same machine."""
