"""What surrounds the functions: template fragments, the local stack, the simulator, figures."""
