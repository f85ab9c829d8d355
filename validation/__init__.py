"""Proof of the engine outside the test suite: against R, by simulation, and by the clock."""
