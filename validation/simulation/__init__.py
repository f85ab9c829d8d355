"""Coverage and bias of the engine's methods where their theory says least: few studies, rare events."""
